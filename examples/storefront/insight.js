/** What the page knows, and what of it left the device. */
import { h } from './dom.js'
import { isKept, mayKeep } from './memory.js'
import { duration, productLink } from './parts.js'
import { emptyCart, productById } from './shop.js'
import { describe, forget, history, isDismissed, last, onChange } from './visit.js'

const bar = document.getElementById('insight-bar')
const panel = document.getElementById('insight-panel')
const facts = document.getElementById('insight-facts')
const listed = 40
let requests = 0

/** Counts requests from now on, and keeps the bar and the panel up to date. */
export function openInsight() {
  const loaded = performance.now()
  new PerformanceObserver((entries) => {
    requests += entries.getEntries().filter((it) => it.startTime > loaded && !isIcon(it)).length
    showFacts()
  }).observe({ type: 'resource' })
  bar.addEventListener('click', () => setOpen(panel.hidden))
  document.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape' && !panel.hidden) {
      setOpen(false)
      bar.focus()
    }
  })
  onChange(showInsight)
  showInsight()
}

/** The page's icon: browsers ask for it when they please, even after everything else. */
const isIcon = ({ name }) => name === document.querySelector('link[rel="icon"]').href

export function showInsight() {
  showFacts()
  if (!panel.hidden) fillPanel()
}

export const closeInsight = () => setOpen(false)

function setOpen(open) {
  panel.hidden = !open
  bar.setAttribute('aria-expanded', open)
  if (open) fillPanel()
}

const counted = (n, what) => `${n.toLocaleString()} ${what}${n === 1 ? '' : 's'}`

function showFacts() {
  const { items } = describe()
  facts.replaceChildren(
    fact('Clicks', counted(history().length, 'event')),
    fact('Ranking', `${counted(items, 'product')} in ${duration(last.milliseconds)}`),
    fact('Sent', requests === 0 ? 'nothing sent' : counted(requests, 'request')),
  )
}

function fact(name, value) {
  return h('span', { class: 'fact', 'data-fact': name.toLowerCase() }, value)
}

const verbs = {
  view: 'Looked at',
  click: 'Chose',
  cart: 'Added to the cart',
  uncart: 'Took from the cart',
  purchase: 'Ordered',
}

function fillPanel() {
  const { model, items, bytes } = describe()
  const events = history().toReversed()
  const size = bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} KB` : `${(bytes / 1e6).toFixed(1)} MB`
  panel.replaceChildren(
    h('h2', {}, 'What this page knows'),
    h(
      'p',
      {},
      'The shop sent you its whole window: the products and a model of what goes with what. ',
      'From then on everything happens on your device.',
    ),
    h(
      'dl',
      {},
      ...row('Model', `${model}, ${size}`),
      ...row('Products', items.toLocaleString()),
      ...row('Last ranking', duration(last.milliseconds)),
      ...row('Sent since loading', requests === 0 ? 'Nothing' : counted(requests, 'request')),
    ),
    h('h3', {}, 'Your history'),
    events.length === 0
      ? h('p', { class: 'muted' }, 'Empty. Open a product and see.')
      : h('ol', { class: 'events' }, events.slice(0, listed).map(entry)),
    ...(events.length > listed
      ? [
          h(
            'p',
            { class: 'muted small' },
            `and ${counted(events.length - listed, 'earlier event')}`,
          ),
        ]
      : []),
    h(
      'button',
      { type: 'button', class: 'button quiet', disabled: events.length === 0, click: forgetAll },
      'Forget everything',
    ),
    leave(),
  )
}

/** The shopper's leave to keep the visit over a reload, and what a reload does. */
function leave() {
  const note = h('p', { class: 'muted small', id: 'kept' })
  const box = h('input', { type: 'checkbox', checked: isKept(), 'aria-describedby': 'kept' })
  const say = () => {
    box.checked = isKept()
    note.textContent = isKept()
      ? 'History and cart are written to this tab’s session storage, on your device: they outlive a reload. Closing the tab forgets them.'
      : 'History and cart are in this page’s memory alone: a reload forgets them, and so does closing the tab.'
  }
  box.addEventListener('change', () => {
    mayKeep(box.checked)
    say()
  })
  say()
  return h('div', { class: 'leave' }, h('label', {}, box, 'Keep my visit over a reload'), note)
}

function row(name, value) {
  return [h('dt', {}, name), h('dd', {}, value)]
}

/** To the models, "not for me" is another product put back. */
function verbOf({ type, id, value }) {
  if (type === 'rate') return `Gave ${'★'.repeat(value)}`
  if (type === 'uncart' && isDismissed(id)) return 'Not for me'
  return verbs[type] ?? type
}

function entry({ type, id, time, value }) {
  const product = productById(id)
  const verb = verbOf({ type, id, value })
  const clock = new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
  return h(
    'li',
    {},
    h('span', { class: 'muted' }, `${verb} `),
    h('a', { href: productLink(product) }, product.title),
    h('time', { datetime: new Date(time).toISOString() }, clock),
  )
}

function forgetAll() {
  emptyCart()
  forget()
  document.dispatchEvent(new CustomEvent('cart'))
  panel.querySelector('h2').setAttribute('tabindex', '-1')
  panel.querySelector('h2').focus()
}
