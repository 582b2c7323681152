// What a Portolan mapper in JavaScript is written with. It needs nothing but the language.
//
// A module is one call, of `overlay` or of `mapping`, with a function that is called once per described
// object. What goes wrong with one object is an issue that names the object and the member, and the rest of
// the page is mapped all the same. No issue ever holds a value of the page; keep it so in your own.

export const VERSION = "0.1.0";

// Where a Describe response keeps the objects; one that stands alone is a list of one.
const BODIES = {
  EcsCluster: { member: "clusters", isList: true },
  EcsService: { member: "services", isList: true },
  EcsTask: { member: "tasks", isList: true },
  EcsTaskDefinition: { member: "taskDefinition", isList: false },
  EcsContainerInstance: { member: "containerInstances", isList: true },
  EcsContainerDefinition: { member: "containerDefinitions", isList: true },
};

/** Why one object gives no record, or its record no patch. The message holds no value of the page. */
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

  /** Notes something about a member, for example `tags`, without a value of the page. */
  warn(code, member, message) {
    this.add("warning", code, member, message);
  }

  add(severity, code, member, message) {
    const path = join(this.#path, member);
    this.#issues.push({ sourceIndex: this.#index, severity, code, path, message });
  }
}

/**
 * An object of the page. Each reader gives undefined for a member that is absent or null, and rejects the
 * object if the member is of another type, or is none of those that the module `reads`.
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

  /** An integer of up to 53 bits: JavaScript would round larger ones. */
  integer(member) {
    return this.#read(member, "an integer of up to 53 bits", Number.isSafeInteger);
  }

  /** A number, as far as JavaScript can hold it. */
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

  /** The objects of a list, nulls left out. */
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

  /** Tags as a Map; of a repeated key the last value counts. */
  tags() {
    const tags = new Map();
    for (const tag of this.items("tags")) {
      const key = tag.text("key");
      const value = tag.text("value");
      if (key !== undefined) tags.set(key, value ?? "");
    }
    return tags;
  }

  /** The value of the last tag of this key. */
  tag(key) {
    return this.tags().get(key);
  }

  /**
   * Epoch seconds as records write a time, rounded down to the millisecond. Of a time with more than six
   * digits behind the point JavaScript has kept too little to be sure of the millisecond.
   */
  time(member) {
    const seconds = this.number(member);
    if (seconds === undefined) return undefined;
    // The decimal text, not the double: cutting that would be off by one half of the time.
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
      const message = `\`${path}\` is not among what the module says it reads; add it to \`reads\``;
      throw new Rejection("not-in-reads", path, message);
    }
    const value = Object.hasOwn(this.members, member) ? this.members[member] : null;
    if (value === null) return undefined;
    if (fits(value)) return value;
    throw wrongType(join(this.#path, member), value, expected);
  }
}

/**
 * What a module exports under the name `overlay`.
 *
 * `amend(source, record, context, notes)` gives a merge patch (RFC 7396) for the record of one object: a
 * value sets an attribute, null removes it. Giving undefined leaves the record as it is. `attributes` are
 * those that the stock schema lacks, as JSON Schemas; `settings` is the JSON Schema of what an operator may
 * set.
 *
 * `reads` are the members of the object that the module reads, as paths (`tags`, or `containers.image` for a
 * member of a member); the host leaves all others out, which saves most of the time. Without it, the module
 * gets all of them. With `readsRecords: false` it gets no record either, but undefined.
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
 * What a module exports under the name `mapping`.
 *
 * `map(source, context, notes)` gives the record of one object, or throws a `Rejection`. `reads` is that of
 * `overlay`.
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

/** The members that are read as a tree; undefined for all of them, as for a member that is read whole. */
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

/** Calls a function for each object that is not null; what it throws is an issue of that severity. */
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
        // Its text may hold a value of the page, its type and its place do not.
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
  // AWS puts the tags of a task definition, and of nothing else, beside it.
  if (!isList && isObject(value) && Object.hasOwn(body, "tags") && body.tags !== null) {
    value.tags = body.tags;
  }
  const found = isList ? (value ?? []) : [value];
  return found
    .map((members, index) => [index, isList ? `${member}[${index}]` : member, members])
    .filter(([, , members]) => members !== null);
}

/** A `page-error` of the WIT, to throw: the error of a result is a plain value. */
function pageError(tag, message) {
  return { tag, val: message };
}

/**
 * Half of a surrogate pair, which JSON can say and UTF-8 cannot, becomes U+FFFD, and a Map, as `tags` gives it,
 * an object.
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
  const name = error instanceof Error ? error.name : "something that is no Error";
  return place ? `${name} at ${place[1]}` : name;
}

function join(path, member) {
  if (!path || !member) return path || member;
  return member.startsWith("[") ? path + member : `${path}.${member}`;
}

// The engine has no TextDecoder and no TextEncoder. What follows runs in its own functions nearly all the
// way: `escape` and `encodeURIComponent` differ in exactly the step between bytes and characters.

/** How many bytes become arguments of one call: few enough for any stack. */
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
