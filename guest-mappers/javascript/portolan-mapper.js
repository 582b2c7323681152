// Helpers for a Portolan mapper in JavaScript. They depend only on the language.
//
// A module calls `overlay` or `mapping` once, with a function that is called for each described object. A
// problem with one object becomes an issue that names the object and the member; the rest of the page is
// still mapped. An issue never holds a value of the page. Follow this rule in your own issues.

export const VERSION = "0.1.0";

// The member of a Describe response that holds the objects; a single object counts as a list of one.
const BODIES = {
  EcsCluster: { member: "clusters", isList: true },
  EcsService: { member: "services", isList: true },
  EcsTask: { member: "tasks", isList: true },
  EcsTaskDefinition: { member: "taskDefinition", isList: false },
  EcsContainerInstance: { member: "containerInstances", isList: true },
  EcsCapacityProvider: { member: "capacityProviders", isList: true },
  EcsAccountSetting: { member: "settings", isList: true },
  EcsAuditEvent: { member: "Events", isList: true },
  EcsContainerDefinition: { member: "containerDefinitions", isList: true },
  EcsContainer: { member: "containers", isList: true },
  EcsDeployment: { member: "deployments", isList: true },
  EcsTaskSet: { member: "taskSets", isList: true },
};

/** The reason that one object gives no record or no patch. The message holds no value of the page. */
export class Rejection extends Error {
  constructor(code, member, message) {
    super(message);
    this.code = code;
    this.member = member;
  }
}

/** Takes warnings about the object that is being mapped. */
class Notes {
  #path;
  #index;
  #issues;

  constructor(path, index, issues) {
    this.#path = path;
    this.#index = index;
    this.#issues = issues;
  }

/** Adds a warning about a member, for example `tags`. The message must not hold a value of the page. */
  warn(code, member, message) {
    this.add("warning", code, member, message);
  }

  add(severity, code, member, message) {
    const path = join(this.#path, member);
    this.#issues.push({ sourceIndex: this.#index, severity, code, path, message });
  }
}

/**
 * An object of the page. Each reader returns undefined for a member that is absent or null. It rejects the
 * object if the member is of another type, or is missing from the module's `reads`.
 */
export class Source {
  #path;
  #notes;
  #readMembers;

  constructor(members, path, notes, readMembers) {
    this.members = members;
    this.#path = path;
    this.#notes = notes;
    this.#readMembers = readMembers;
  }

  /** A string. */
  text(member) {
    return this.#read(member, "a string", (value) => typeof value === "string");
  }

  /** An integer of up to 53 bits; JavaScript rounds larger ones. */
  integer(member) {
    return this.#read(member, "an integer of up to 53 bits", Number.isSafeInteger);
  }

  /** A number that JavaScript can hold. */
  number(member) {
    return this.#read(member, "a number that JavaScript can hold", Number.isFinite);
  }

  /** A boolean. */
  boolean(member) {
    return this.#read(member, "a boolean", (value) => typeof value === "boolean");
  }

  /** An object inside this one. */
  object(member) {
    const members = this.#read(member, "an object", isObject);
    return members && this.#inner(member, members, join(this.#path, member));
  }

  /** The objects of a list, without nulls. */
  items(member) {
    const items = [];
    for (const [index, item] of (this.#read(member, "a list", Array.isArray) ?? []).entries()) {
      if (item === null) continue;
      const path = `${join(this.#path, member)}[${index}]`;
      if (!isObject(item)) throw wrongType(path, item, "an object");
      items.push(this.#inner(member, item, path));
    }
    return items;
  }

  #inner(member, members, path) {
    return new Source(members, path, this.#notes, this.#readMembers?.get(member));
  }

  /** Tags as a Map; if a key is repeated, the last value counts. */
  tags() {
    const tags = new Map();
    for (const tag of this.items("tags")) {
      const key = tag.text("key");
      const value = tag.text("value");
      if (key !== undefined) tags.set(key, value ?? "");
    }
    return tags;
  }

  /** The value of the last tag with this key. */
  tag(key) {
    return this.tags().get(key);
  }

  /**
   * A time in epoch seconds, in the format of records, rounded down to the millisecond. JavaScript does not
   * keep enough of a time with more than six decimals to give the exact millisecond.
   */
  time(member) {
    const seconds = this.number(member);
    if (seconds === undefined) return undefined;
    // Uses the decimal text: cutting the double would be off by one in half of the cases.
    const [whole, fraction = ""] = Math.abs(seconds).toFixed(6).split(".");
    const microseconds = Math.sign(seconds) * Number(whole + fraction);
    const time = new Date(Math.floor(microseconds / 1000));
    const year = time.getUTCFullYear();
    if (year >= 0 && year <= 9999) return time.toISOString();
    const message = `\`${member}\` lies outside the years 0000 to 9999; the attribute is left out`;
    this.#notes.warn("year-out-of-range", join(this.#path, member), message);
    return undefined;
  }

  #read(member, expected, fits) {
    if (this.#readMembers && !this.#readMembers.has(member)) {
      const path = join(this.#path, member);
      const message = `the module reads \`${path}\` but does not declare it; add it to \`reads\``;
      throw new Rejection("not-in-reads", path, message);
    }
    const value = Object.hasOwn(this.members, member) ? this.members[member] : null;
    if (value === null) return undefined;
    if (fits(value)) return value;
    throw wrongType(join(this.#path, member), value, expected);
  }
}

/**
 * Returns the object that a module exports under the name `overlay`.
 *
 * `amend(source, record, context, notes)` returns a merge patch (RFC 7396) for the record of one object: a
 * value sets an attribute, null removes it. If it returns undefined, the record stays as it is. `attributes`
 * are the attributes that the stock schema lacks, as JSON Schemas; `settings` is the JSON Schema of the
 * settings that an operator may set.
 *
 * `reads` lists the members of the object that the module reads, as paths (`tags`, or `containers.image` for
 * a member of a member). The host leaves out all others, which saves most of the time. Without `reads`, the
 * module gets every member. With `readsRecords: false`, `record` is undefined.
 */
export function overlay({
  name,
  version,
  object,
  amend,
  attributes = {},
  settings = null,
  reads,
  readsRecords = true,
}) {
  const asked = { members: reads, records: readsRecords };
  return {
    manifest: () => manifest("overlay", name, version, object, attributes, settings, asked),
    amendPage(context, page, mapped) {
      const rows = new Map(mapped.rows.map((row) => [row.sourceIndex, row]));
      const patch = (index, source, context, notes) => {
        const row = rows.get(index);
        if (row === undefined) return undefined;
        const text = mapped.payload.subarray(row.offset, row.offset + row.length);
        const record = readsRecords ? JSON.parse(decode(text)) : undefined;
        return amend(source, record, context, notes);
      };
      return each(object, context, page, patch, "warning", tree(reads));
    },
  };
}

/**
 * Returns the object that a module exports under the name `mapping`.
 *
 * `map(source, context, notes)` returns the record of one object, or throws a `Rejection`. `reads` works as
 * in `overlay`.
 */
export function mapping({ name, version, object, map, attributes = {}, settings = null, reads }) {
  const asked = { members: reads, records: false };
  return {
    manifest: () => manifest("mapping", name, version, object, attributes, settings, asked),
    mapPage(context, page) {
      const record = (_index, source, context, notes) => map(source, context, notes);
      return each(object, context, page, record, "rejected", tree(reads));
    },
  };
}

function manifest(kind, name, version, object, attributes, settings, reads) {
  const objects = [object];
  const capabilities = [];
  return JSON.stringify({ name, version, kind, objects, attributes, settings, capabilities, reads });
}

/** The read members as a tree. Undefined means all members, or a member that is read whole. */
function tree(paths) {
  if (paths === undefined) return undefined;
  const found = new Map();
  for (const path of paths) {
    const dot = path.indexOf(".");
    const name = dot < 0 ? path : path.slice(0, dot);
    const rest = dot < 0 ? "" : path.slice(dot + 1);
    found.set(name, [...(found.get(name) ?? []), rest]);
  }
  for (const [name, rests] of found) found.set(name, rests.includes("") ? undefined : tree(rests));
  return found;
}

/** Calls a function for each object that is not null. An exception becomes an issue of the given severity. */
function each(object, pageContext, page, call, severity, readMembers) {
  if (pageContext.object !== object) {
    throw pageError("unsupported-object", `this module handles ${object}, not the requested connector object`);
  }
  const context = { ...pageContext, settings: JSON.parse(pageContext.config) };
  const texts = [];
  const rows = [];
  const issues = [];
  let offset = 0;
  for (const [sourceIndex, path, members] of described(object, page)) {
    const notes = new Notes(path, sourceIndex, issues);
    try {
      if (!isObject(members)) throw wrongType("", members, "an object");
      const answer = call(sourceIndex, new Source(members, "", notes, readMembers), context, notes);
      if (answer === undefined || answer === null) continue;
      const text = encode(JSON.stringify(answer, wellFormed));
      rows.push({ sourceIndex, offset, length: text.length });
      texts.push(text);
      offset += text.length;
    } catch (error) {
      if (error instanceof Rejection) {
        notes.add(severity, error.code, error.member, error.message);
      } else {
        // The exception's text may hold a value of the page; its type and position do not.
        notes.add(severity, "javascript-exception", "", where(error));
      }
    }
  }
  const payload = new Uint8Array(offset);
  rows.forEach((row, index) => payload.set(texts[index], row.offset));
  return { payload, rows, issues };
}

/** The objects of a page with their positions and paths. */
function described(object, page) {
  const { member, isList } = BODIES[object];
  let body;
  try {
    body = JSON.parse(decode(page));
  } catch {
    throw pageError("malformed-page", "the page is not valid JSON");
  }
  if (!isObject(body)) {
    throw pageError("malformed-page", `the page is ${type(body)}, expected an object`);
  }
  const value = Object.hasOwn(body, member) ? body[member] : null;
  if (isList && value !== null && !Array.isArray(value)) {
    const message = `the member \`${member}\` of the page is ${type(value)}, expected a list`;
    throw pageError("malformed-page", message);
  }
  // AWS puts the tags of a task definition beside it, and does so for no other object.
  if (!isList && isObject(value) && Object.hasOwn(body, "tags") && body.tags !== null) {
    value.tags = body.tags;
  }
  const found = isList ? (value ?? []) : [value];
  return found
    .map((members, index) => [index, isList ? `${member}[${index}]` : member, members])
    .filter(([, , members]) => members !== null);
}

/** A `page-error` of the WIT, to throw. Its type is a plain value, not an Error. */
function pageError(tag, message) {
  return { tag, val: message };
}

/**
 * Replaces a lone surrogate, which JSON can express and UTF-8 cannot, by U+FFFD, and turns a Map, such as
 * `tags`, into an object.
 */
function wellFormed(_key, value) {
  if (value instanceof Map) return Object.fromEntries(value);
  return typeof value === "string" ? value.toWellFormed() : value;
}

function wrongType(member, value, expected) {
  const message = `\`${member || "it"}\` is ${type(value)}, expected ${expected}`;
  return new Rejection("wrong-type", member, message);
}

function type(value) {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a fractional number";
  return { string: "a string", boolean: "a boolean", object: "an object" }[typeof value] ?? "something else";
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function where(error) {
  const place = /\(?([^()\s]+:\d+(?::\d+)?)\)?/.exec(error?.stack ?? "");
  const name = error instanceof Error ? error.name : "a value that is not an Error";
  return place ? `${name} at ${place[1]}` : name;
}

function join(path, member) {
  if (!path || !member) return path || member;
  return member.startsWith("[") ? path + member : `${path}.${member}`;
}

// The engine has no TextDecoder and no TextEncoder. `escape` and `encodeURIComponent` differ exactly in the
// step between bytes and characters, and the engine runs them natively.

/** The number of bytes in the arguments of one call: small enough for any stack. */
const CHUNK_BYTES = 8192;

function decode(bytes) {
  let text = "";
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    text += String.fromCharCode.apply(null, bytes.subarray(start, start + CHUNK_BYTES));
  }
  return isAscii(text) ? text : decodeURIComponent(escape(text));
}

function encode(text) {
  const byteText = isAscii(text) ? text : unescape(encodeURIComponent(text));
  const bytes = new Uint8Array(byteText.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = byteText.charCodeAt(index);
  return bytes;
}

function isAscii(text) {
  return !/[^\0-\x7f]/.test(text);
}
