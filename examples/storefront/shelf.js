/** The row of recommended products: it follows every event, says why, and takes a no. */
import { announce, h, icon } from './dom.js'
import { card, duration, productLink } from './parts.js'
import { productById } from './shop.js'
import { dismiss, explain, history, last, onChange, recommend } from './visit.js'

export const shelfLength = 12
let openShelf

/** Of the row, by where its list came from. */
const captions = {
  model: {
    title: 'For you',
    text: (took) => `From what you did here, ranked on your device in ${took}`,
  },
  generated: {
    title: 'For a start',
    text: (took) => `What visitors like you may do, made up on your device in ${took}`,
  },
  popular: { title: 'Most loved', text: () => 'Look around: this row will follow you' },
}

/** The row of products for this shopper; it follows every event for as long as it is on the page. */
export function forYou({ exclude = [] } = {}) {
  const heading = h('h2', { id: 'for-you' })
  const note = h('p', { class: 'muted' })
  const list = h('ul', { class: 'shelf', tabindex: '0', 'aria-labelledby': 'for-you' })
  openShelf = { heading, note, list, exclude }
  list.append(...Array.from({ length: shelfLength }, () => h('li', { class: 'card empty' })))
  return h(
    'section',
    { class: 'for-you', 'aria-labelledby': 'for-you' },
    h('div', { class: 'heading' }, heading, note, arrows(list)),
    list,
  )
}

/** For a mouse without a wheel to the side: a row's width back and on. */
function arrows(list) {
  const arrow = (name, path, way) => {
    const scroll = () => list.scrollBy({ left: way * list.clientWidth })
    return h('button', { type: 'button', 'aria-label': name, click: scroll }, icon(path))
  }
  const back = arrow('Earlier products of the row', 'm15 5-7 7 7 7', -1)
  const on = arrow('Further products of the row', 'm9 5 7 7-7 7', 1)
  const mark = () => {
    back.setAttribute('aria-disabled', list.scrollLeft <= 1)
    on.setAttribute('aria-disabled', list.scrollLeft + list.clientWidth >= list.scrollWidth - 1)
  }
  list.addEventListener('scroll', mark)
  new ResizeObserver(mark).observe(list)
  return h('div', { class: 'arrows' }, back, on)
}

/** Ranks anew and shows it. */
export async function refreshShelf() {
  if (openShelf === undefined) return
  const { heading, note, list, exclude } = openShelf
  const { items, source } = await recommend({ count: shelfLength, exclude })
  const { title, text } = captions[source]
  heading.textContent = title
  note.textContent = text(duration(last.milliseconds))
  const before = new Set(Array.from(list.children, (child) => child.dataset.id))
  const inUse = list.contains(document.activeElement)
  list.replaceChildren(
    ...items.map(({ id }) => {
      const product = productById(id)
      const item = card(product)
      item.dataset.id = id
      item.classList.toggle('arrived', source === 'model' && !before.has(id))
      if (source !== 'popular') item.append(...answers(product))
      return item
    }),
  )
  if (!inUse) list.scrollTo({ left: 0, behavior: 'instant' })
}
onChange(refreshShelf)

/** What the shopper may ask of a recommended product, and answer to it. */
function answers(product) {
  const { list, exclude } = openShelf
  const reason = h('p', { class: 'reason', hidden: true })
  const why = async () => {
    if (reason.hidden) {
      reason.replaceChildren(...(await because(product, { count: shelfLength, exclude })))
      announce(reason.textContent)
    }
    reason.hidden = !reason.hidden
    asks.setAttribute('aria-expanded', !reason.hidden)
  }
  const refuse = async () => {
    const place = Array.from(list.children).indexOf(reason.parentElement)
    await dismiss(product)
    announce(`${product.title} is not recommended any more`)
    list.children[place]?.querySelector('a').focus({ preventScroll: true })
  }
  const button = (text, act, more) => {
    const label = `${text} ${product.title}`
    return h('button', { type: 'button', 'aria-label': label, click: act, ...more }, text)
  }
  const asks = button('Why?', why, { 'aria-expanded': 'false' })
  return [h('div', { class: 'answers' }, asks, button('Not for me', refuse)), reason]
}

/** What shoppers own to; to have put something back, or to have been shown it, is no reason. */
const deeds = {
  view: 'looked at',
  click: 'chose',
  cart: 'chose',
  wish: 'saved',
  purchase: 'ordered',
  rate: 'rated',
  review: 'reviewed',
}

/** What was last done to a product, in words; undefined where that was no deed. */
const deedOf = (id) =>
  deeds[history().findLast((event) => event.id === id && event.type in deeds)?.type]

/** The strongest reason for a product, from the model itself. */
async function because({ id }, options) {
  const { reasons, context } = await explain(id, options)
  const reason = reasons.find((it) => it.contribution > 0 && deedOf(it.id) !== undefined)
  if (reason) {
    const cause = productById(reason.id)
    return [`Because you ${deedOf(reason.id)} `, h('a', { href: productLink(cause) }, cause.title)]
  }
  const known = context.find(({ contribution }) => contribution > 0)
  return [known ? `Because of your ${known.name}: ${known.value}` : 'Because many choose it']
}
