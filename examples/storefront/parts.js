/** The pieces that pages are made of: pictures, cards, grids. */
import { h } from './dom.js'
import { pictureOf, priceOf } from './shop.js'

export const productLink = ({ id }) => `#/product/${encodeURIComponent(id)}`
export const categoryLink = (name) => `#/category/${encodeURIComponent(name)}`

const drawings = new Map()

/** The product's picture, or where it has none, its name as a picture. */
export function picture(product) {
  const svg = pictureOf(product)
  if (svg === undefined) return nameplate(product)
  if (!drawings.has(svg)) {
    const drawing = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement
    drawing.removeAttribute('role')
    drawing.querySelector('title')?.remove() // the name stands beside every picture
    drawings.set(svg, drawing)
  }
  const frame = h('span', { class: 'picture', 'aria-hidden': 'true' })
  frame.append(document.importNode(drawings.get(svg), true))
  return frame
}

const tones = ['red', 'pink', 'blue', 'green', 'ivory', 'black', 'gold', 'purple', 'natural']
const synonyms = {
  white: 'ivory',
  cream: 'ivory',
  silver: 'ivory',
  charcoal: 'black',
  yellow: 'gold',
  orange: 'gold',
  mint: 'green',
  turquoise: 'blue',
  wood: 'natural',
  wooden: 'natural',
  rose: 'pink',
}

/** A card of the colour that the name names, or else of one that the name always gets. */
function nameplate({ title, id }) {
  const words = title.split(/[\s,]+/).filter((word) => /[\p{L}\p{N}]/u.test(word))
  const named = words.map((word) => synonyms[word.toLowerCase()] ?? word.toLowerCase())
  const sum = [...id].reduce((hash, letter) => (hash * 31 + letter.codePointAt(0)) >>> 0, 7)
  const tone = named.find((word) => tones.includes(word)) ?? tones[sum % tones.length]
  const longest = Math.max(...words.slice(0, 4).map((word) => word.length))
  return h(
    'span',
    { class: 'picture nameplate', 'aria-hidden': 'true', 'data-tone': tone },
    h('span', { class: longest > 9 ? 'small' : '' }, words.slice(0, 4).join(' ')),
  )
}

/** A product in a list. */
export function card(product) {
  return h(
    'li',
    { class: 'card' },
    h(
      'a',
      { href: productLink(product) },
      picture(product),
      product.brand && h('span', { class: 'brand' }, product.brand),
      h('span', { class: 'title' }, product.title),
      h('span', { class: 'price' }, product.stock === 0 ? 'Sold out' : priceOf(product)),
    ),
  )
}

/** Products in a grid, some at a time: of 2, 3, 4 or 6 columns each time whole rows. */
export function grid(products, step = 24) {
  const list = h('ul', { class: 'grid' })
  const more = h('button', { type: 'button', class: 'button quiet', click: () => grow(true) })
  const count = h('p', { class: 'muted' })
  function grow(focus) {
    const from = list.childElementCount
    list.append(...products.slice(from, from + step).map(card))
    const shown = list.childElementCount.toLocaleString()
    count.textContent = `${shown} of ${products.length.toLocaleString()} products`
    more.textContent = 'Show more'
    more.hidden = list.childElementCount >= products.length
    if (focus) list.children[from]?.querySelector('a').focus()
  }
  grow(false)
  return h('div', {}, list, h('div', { class: 'more' }, more, count))
}

export function duration(milliseconds) {
  return milliseconds < 0.1 ? 'under 0.1 ms' : `${milliseconds.toFixed(1)} ms`
}
