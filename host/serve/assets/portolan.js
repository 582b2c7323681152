// Comfort only: every page is complete without it.
'use strict';

// A choice is sent when it is made.
for (const select of document.querySelectorAll('select[data-submit]')) {
  const button = select.form.querySelector('button');
  if (button) button.hidden = true;
  select.addEventListener('change', () => select.form.requestSubmit());
}

// Menus close by Escape, and by a click elsewhere.
const menus = () => document.querySelectorAll('details.menu[open]');
document.addEventListener('click', (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector('summary').focus();
  }
});

// Progress in place. At the end the page is loaded again, unless somebody is typing.
const shown = new Map();
for (const place of document.querySelectorAll('[data-progress]')) {
  const places = shown.get(place.dataset.progress) || [];
  places.push(place);
  shown.set(place.dataset.progress, places);
}
for (const [scan, places] of shown) {
  const source = new EventSource('/scans/' + encodeURIComponent(scan) + '/progress');
  source.addEventListener('progress', (event) => {
    for (const place of places) place.textContent = event.data;
  });
  source.addEventListener('end', (event) => {
    source.close();
    for (const place of places) place.textContent = event.data;
    if (!document.activeElement || !document.activeElement.matches('input, textarea, select')) location.reload();
  });
}

// Keys, which can be switched off, and never fire in a field.
const off = document.getElementById('keys-off');
if (off) {
  off.checked = localStorage.getItem('keys') === 'off';
  off.addEventListener('change', () => localStorage.setItem('keys', off.checked ? 'off' : 'on'));
}
document.addEventListener('keydown', (event) => {
  const isField = event.target.matches('input, textarea, select');
  if (isField || event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem('keys') === 'off') return;
  const rows = [...document.querySelectorAll('.row-link')];
  const at = rows.indexOf(document.activeElement);
  const go = (selector) => {
    const link = document.querySelector(selector);
    if (link) link.click();
  };
  switch (event.key) {
    case '/': {
      const find = document.querySelector('.top-find input');
      if (find) {
        event.preventDefault();
        find.focus();
      }
      break;
    }
    case 'j': if (rows.length) rows[Math.min(at + 1, rows.length - 1)].focus(); break;
    case 'k': if (rows.length) rows[Math.max(at - 1, 0)].focus(); break;
    case 'u': go('#up'); break;
    case ']': go('a[rel="next"]'); break;
  }
});
