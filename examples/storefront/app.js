/** Opens the shop and moves between its pages without ever leaving this one. */
import { h } from './dom.js'
import { closeInsight, openInsight, showInsight } from './insight.js'
import { openMemory } from './memory.js'
import * as pages from './pages.js'
import { categoryLink } from './parts.js'
import { refreshShelf } from './shelf.js'
import { allCategories, cartCount, openShop, productById, shopName } from './shop.js'
import { onChange, openVisit, track } from './visit.js'
import { createRecommender } from './vitrine/index.js'

const main = document.getElementById('main')
const query = document.getElementById('query')
const badge = document.getElementById('cart-count')
const shownCategories = 9

async function open() {
  const [recommender, settings] = await Promise.all([
    createRecommender({ model: 'store.safetensors', context: knownBefore() }),
    fetch('shop.json').then((response) => response.json()),
  ])
  await openVisit(recommender)
  await openShop(recommender, settings)
  await openMemory()
  document.querySelector('.wordmark').textContent = shopName()
  showCategories()
  main.removeAttribute('aria-busy')
  await show({ first: true })
  openInsight()
  onChange(markCurrent)
  document.addEventListener('click', follow)
  document.addEventListener('cart', showAgain)
  addEventListener('popstate', () => isPage(location.hash) && go())
  document.getElementById('search').addEventListener('submit', (event) => event.preventDefault())
  query.addEventListener('input', searchNow)
}

/**
 * What the page knows before the shopper does anything, in the words of the shop's log. A gan generates
 * the first row for it; other models pass over it.
 */
function knownBefore() {
  const touch = matchMedia('(pointer: coarse)').matches
  return {
    device: touch ? (innerWidth < 700 ? 'mobile' : 'tablet') : 'desktop',
    country: new Intl.Locale(navigator.language).maximize().region ?? '',
    channel: document.referrer === '' ? 'direct' : 'search',
    landing: 'home',
  }
}

/** Follows a link within this turn, so that what it changes is there with the next frame. */
function follow(event) {
  const link = event.target.closest('a[href^="#/"]')
  if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return
  event.preventDefault()
  if (link.hash !== location.hash) history.pushState(null, '', link.hash)
  go()
}

function searchNow() {
  const hash = query.value.trim() ? `#/search/${encodeURIComponent(query.value.trim())}` : '#/'
  const searching = routeOf(location.hash).page === 'search'
  history[searching ? 'replaceState' : 'pushState'](null, '', hash)
  go({ keepPlace: true })
}

/** The same page anew: the focus stays on what it was on, or where that is gone, on the page. */
function showAgain() {
  const { activeElement } = document
  const label = activeElement.getAttribute('aria-label')
  const isWithin = main.contains(activeElement)
  show({ keepPlace: true })
  if (!isWithin) return
  const same = label && main.querySelector(`[aria-label="${CSS.escape(label)}"]`)
  const next = same || main
  next.focus({ preventScroll: true })
}

/** Goes to the page that the address names; what lay over the last one gives way. */
function go(options) {
  closeInsight()
  for (const menu of document.querySelectorAll('.categories details')) menu.open = false
  return show(options)
}

/** The skip link's address is none. */
const isPage = (hash) => hash === '' || hash.startsWith('#/')

function routeOf(hash) {
  const [page = '', argument = ''] = hash.slice(2).split('/', 2)
  try {
    return { page, argument: decodeURIComponent(argument) }
  } catch {
    return { page, argument }
  }
}

/** Shows the page that the address names; `keepPlace`: without moving the focus and the scroll. */
async function show({ first = false, keepPlace = false } = {}) {
  const { page, argument } = routeOf(location.hash)
  const make = {
    category: pages.category,
    product: pages.product,
    search: pages.results,
    cart: pages.cart,
  }[page]
  const { title, content } = (make ?? pages.home)(argument)
  main.replaceChildren(...content)
  document.title = title === shopName() ? title : `${title} – ${shopName()}`
  if (page !== 'search') query.value = ''
  markCurrent()
  if (!keepPlace) {
    scrollTo(0, 0)
    if (!first) main.focus({ preventScroll: true })
  }
  const product = page === 'product' ? productById(argument) : undefined
  if (product && !keepPlace) track('view_item', product)
  else await refreshShelf()
  showInsight()
}

function markCurrent() {
  const count = cartCount()
  badge.textContent = `${count}`
  badge.hidden = count === 0
  for (const link of document.querySelectorAll('.categories a, .cart-link')) {
    if (link.hash === location.hash) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
}

function showCategories() {
  const link = ({ name }) => h('li', {}, h('a', { href: categoryLink(name) }, name))
  const shelves = allCategories()
  const sorted = shelves.toSorted((a, b) => a.name.localeCompare(b.name))
  const all = h(
    'details',
    {},
    h('summary', {}, 'All', h('span', {}, ' categories')),
    h('div', { class: 'all-categories' }, h('ul', {}, sorted.map(link))),
  )
  all.addEventListener('click', (event) => event.target.closest('a') && all.removeAttribute('open'))
  document.addEventListener('click', (event) => {
    if (!all.contains(event.target)) all.removeAttribute('open')
  })
  document.addEventListener('keydown', ({ key }) => key === 'Escape' && all.removeAttribute('open'))
  document
    .getElementById('categories')
    .append(
      shelves.length > shownCategories ? all : '',
      h('ul', { class: 'some-categories' }, shelves.slice(0, shownCategories).map(link)),
    )
}

open().catch((error) => {
  console.error(error)
  main.removeAttribute('aria-busy')
  main.replaceChildren(
    h('h1', {}, 'The shop could not be opened'),
    h('p', {}, error.code ? `${error.message} (${error.code})` : `${error.message}`),
  )
})
