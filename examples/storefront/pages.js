/** The pages of the shop. Each returns a title and the content of `main`. */
import { announce, h, icon } from './dom.js'
import { card, categoryLink, grid, picture, productLink } from './parts.js'
import { forYou, shelfLength } from './shelf.js'
import {
  allCategories,
  allProducts,
  assortment,
  cartLines,
  cartTotal,
  changeCart,
  emptyCart,
  formatMoney,
  priceOf,
  productById,
  search,
  shopName,
} from './shop.js'
import { history, track, trackPurchase } from './visit.js'

export function home() {
  return {
    title: shopName(),
    content: [
      h(
        'div',
        { class: 'hero' },
        h(
          'div',
          {},
          h('h1', {}, 'Good things, found together'),
          h('p', {}, 'A shop window that rearranges itself for you, and tells nobody.'),
        ),
        h(
          'ul',
          { class: 'window', 'aria-hidden': 'true' },
          inTheWindow().map((it) => h('li', {}, picture(it))),
        ),
      ),
      forYou(),
      h('section', {}, h('h2', {}, 'Everything'), grid(everything())),
    ],
  }
}

/** From every shelf in turn; last the best-selling, with which the row above begins. */
function everything() {
  const best = new Set(allProducts().slice(0, shelfLength))
  return [...assortment().filter((it) => !best.has(it)), ...best]
}

/** The best-selling product of three shelves. */
function inTheWindow() {
  const firsts = allCategories().map((shelf) => shelf.products[0])
  return (firsts.length >= 3 ? firsts : allProducts()).slice(0, 3)
}

export function category(name) {
  const found = allCategories().find((shelf) => shelf.name === name)
  if (!found) return missing('This shelf is empty')
  return { title: name, content: [h('h1', {}, name), grid(found.products)] }
}

export function results(query) {
  const found = search(query)
  const title = query ? `“${query}”` : 'Search'
  if (found.length > 0) return { title, content: [h('h1', {}, title), grid(found)] }
  const hint = query.includes(' ')
    ? 'Nothing has all of these words. Try one less.'
    : 'Nothing by that name.'
  announce(hint)
  return { title, content: [h('h1', {}, title), h('p', { class: 'muted' }, hint), forYou()] }
}

export function product(id) {
  const it = productById(id)
  if (!it) return missing('This product is not here any more')
  const sellable = it.stock !== 0
  return {
    title: it.title,
    content: [
      it.category && h('nav', { class: 'crumbs', 'aria-label': 'Breadcrumb' }, crumbs(it.category)),
      h(
        'article',
        { class: 'product' },
        picture(it),
        h(
          'div',
          { class: 'facts' },
          it.brand && h('p', { class: 'brand' }, it.brand),
          h('h1', {}, it.title),
          h('p', { class: 'price' }, priceOf(it)),
          h('p', { class: `stock${it.stock <= 5 ? ' low' : ''}` }, stockText(it)),
          h(
            'button',
            { type: 'button', class: 'button', disabled: !sellable, click: addToCart(it) },
            sellable ? 'Add to cart' : 'Sold out',
          ),
          rating(it),
          h('p', { class: 'muted small' }, `Article ${it.id}`),
        ),
      ),
      forYou({ exclude: [id] }),
    ].filter(Boolean),
  }
}

function crumbs(name) {
  return h(
    'ol',
    {},
    h('li', {}, h('a', { href: '#/' }, shopName())),
    h('li', {}, h('a', { href: categoryLink(name) }, name)),
  )
}

function stockText({ stock }) {
  if (stock === undefined) return 'Ready to ship'
  if (stock === 0) return 'Sold out for now'
  return stock <= 5 ? `Only ${stock} left` : 'In stock, ready to ship'
}

const addToCart = (it) => (event) => {
  const pieces = changeCart(it.id, 1)
  track('add_to_cart', it, { quantity: 1 })
  event.currentTarget.textContent = `${pieces} in your cart – add another`
  announce(`${it.title} is in your cart`)
}

const star = 'm12 3 2.7 5.7 6.3.8-4.6 4.3 1.2 6.2-5.6-3-5.6 3 1.2-6.2L3 9.5l6.3-.8Z'

/** Five stars to choose from; radio buttons, so that every way of input works. */
function rating(it) {
  const given = history().findLast((event) => event.type === 'rate' && event.id === it.id)?.value
  const choose = (value) => () => {
    track('rate', it, { value })
    announce(`You gave ${value} of 5 stars`)
  }
  return h(
    'fieldset',
    { class: 'stars' },
    h('legend', {}, 'Your rating'),
    [1, 2, 3, 4, 5].map((value) =>
      h(
        'label',
        { title: `${value} of 5` },
        h('input', {
          type: 'radio',
          name: 'rating',
          value: `${value}`,
          checked: value === given,
          change: choose(value),
        }),
        h('span', { class: 'hidden' }, `${value} ${value === 1 ? 'star' : 'stars'}`),
        icon(star),
      ),
    ),
  )
}

export function cart() {
  const lines = cartLines()
  const isOrdered = history().at(-1)?.type === 'purchase'
  const empty = h(
    'p',
    { class: 'muted' },
    isOrdered ? `${thanks} ` : 'Nothing in it yet. ',
    h('a', { href: '#/' }, 'Look around'),
  )
  return {
    title: 'Cart',
    content: [
      h('h1', {}, 'Cart'),
      lines.length === 0
        ? empty
        : h(
            'div',
            { class: 'cart' },
            h('ul', { class: 'lines' }, lines.map(line)),
            h(
              'div',
              { class: 'total' },
              h('p', {}, 'Total ', h('strong', {}, formatMoney(cartTotal()))),
              h('button', { type: 'button', class: 'button', click: placeOrder }, 'Place order'),
              h('p', { class: 'muted small' }, 'A demonstration: no order is sent.'),
              h(
                'p',
                { class: 'muted small' },
                'A reload empties the cart, unless you choose to keep your visit under “What this page knows”.',
              ),
            ),
          ),
      forYou({ exclude: lines.map(({ product: it }) => it.id) }),
    ],
  }
}

function line({ product: it, pieces }) {
  const change = (by, event) => () => {
    changeCart(it.id, by)
    track(event, it, { quantity: 1 })
    document.dispatchEvent(new CustomEvent('cart'))
  }
  const step = (sign, name, act) =>
    h('button', { type: 'button', 'aria-label': `${name}: ${it.title}`, click: act }, sign)
  return h(
    'li',
    {},
    picture(it),
    h('a', { href: productLink(it) }, it.title),
    h(
      'div',
      { class: 'stepper' },
      step('−', 'One less', change(-1, 'remove_from_cart')),
      h('span', { 'aria-label': `${pieces} pieces` }, `${pieces}`),
      step('+', 'One more', change(1, 'add_to_cart')),
    ),
    h('span', { class: 'price' }, it.price === undefined ? '' : formatMoney(it.price * pieces)),
  )
}

const thanks = 'Thank you. Your order was noted, here and nowhere else.'

function placeOrder() {
  const lines = cartLines()
  emptyCart()
  trackPurchase(`order-${Date.now()}`, lines)
  document.dispatchEvent(new CustomEvent('cart'))
  announce(thanks)
}

function missing(text) {
  const best = allProducts().slice(0, 12) // whole rows, of 2, 4 or 6 columns
  return { title: text, content: [h('h1', {}, text), h('ul', { class: 'grid' }, best.map(card))] }
}
