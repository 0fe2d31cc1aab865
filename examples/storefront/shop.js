/** The shop: its products as the page shows them, its shelves, and the shopper's cart. */

/** What the server says of the shop itself: `{ name, currency, pictures }`. */
let shop
let money
let products = []
let byId = new Map()
let categories = []

/** Takes the products from the model file, the best-selling first. */
export async function openShop(recommender, settings) {
  shop = settings
  money = new Intl.NumberFormat(navigator.language, { style: 'currency', currency: shop.currency })
  const { items } = await recommender.recommend({ count: recommender.catalogue.size })
  products = items.map(({ product }) => present(product))
  byId = new Map(products.map((product) => [product.id, product]))
  categories = shelves(products)
}

export const shopName = () => shop.name
export const allProducts = () => products
/** All products in turns: one of every category, the best-selling first, then the next of each. */
export function assortment() {
  const taken = new Map()
  const turns = products.map((product) => {
    const turn = taken.get(product.category) ?? 0
    taken.set(product.category, turn + 1)
    return { product, turn }
  })
  return turns.sort((a, b) => a.turn - b.turn).map(({ product }) => product)
}
export const productById = (id) => byId.get(id)
/** The shelves of the shop, the largest first: `{ name, products }`. */
export const allCategories = () => categories
export const priceOf = ({ price }) => (price === undefined ? '' : money.format(price))
export const formatMoney = (amount) => money.format(amount)
/** The text of the product's picture, an SVG; undefined where there is none. */
export const pictureOf = ({ image }) => shop.pictures[image?.split('/').at(-1)]

/** Products in whose title, brand or category every word of `query` occurs. */
export function search(query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  return products.filter(({ words: text }) => words.every((word) => text.includes(word)))
}

function present(product) {
  const { id, category = '', brand = '' } = product
  const title = readable(product.title ?? id)
  return { ...product, title, words: `${title} ${brand} ${category} ${id}`.toLowerCase() }
}

/** Some shops shout: a title in capitals becomes one with capitals. */
function readable(title) {
  if (title !== title.toUpperCase() || title === title.toLowerCase()) return title
  const small = /^(a|an|and|for|in|of|on|or|the|to|with)$/
  return title
    .toLowerCase()
    .split(/(?<=[\s(/-])/u)
    .map((word, i) => {
      return i > 0 && small.test(word.trim()) ? word : word.charAt(0).toUpperCase() + word.slice(1)
    })
    .join('')
}

function shelves(all) {
  const named = Map.groupBy
    ? Map.groupBy(all, (product) => product.category)
    : groupBy(all, (product) => product.category)
  named.delete(undefined)
  const found = named.size > 1 ? [...named] : thingsInTitles(all)
  return found
    .map(([name, members]) => ({ name, products: members }))
    .sort((a, b) => b.products.length - a.products.length)
}

function groupBy(all, keyOf) {
  const groups = new Map()
  for (const product of all) {
    const key = keyOf(product)
    if (!groups.has(key)) groups.set(key, [])
    groups.get(key).push(product)
  }
  return groups
}

/** A shop without categories still sells things: what its titles most often end in. */
function thingsInTitles(all) {
  const lastWord = ({ title }) => title.match(/(\p{L}{3,})\W*$/u)?.[1]
  const groups = groupBy(all, lastWord)
  groups.delete(undefined)
  return [...groups].filter(([, members]) => members.length >= 12).slice(0, 40)
}

/** Product id → pieces. */
const cart = new Map()

export const cartLines = () => [...cart].map(([id, pieces]) => ({ product: byId.get(id), pieces }))
export const cartCount = () => [...cart.values()].reduce((sum, pieces) => sum + pieces, 0)
export const cartTotal = () =>
  cartLines().reduce((sum, { product, pieces }) => sum + (product.price ?? 0) * pieces, 0)

/** Changes the pieces of a product by `change` and returns how many there are now. */
export function changeCart(id, change) {
  const pieces = Math.max(0, (cart.get(id) ?? 0) + change)
  if (pieces === 0) cart.delete(id)
  else cart.set(id, pieces)
  return pieces
}

export const emptyCart = () => cart.clear()

/** `[id, pieces]` of each line, as JSON keeps them, and back; throws where they are no such lines. */
export const packCart = () => [...cart]
export function unpackCart(lines) {
  for (const [id, pieces] of lines) {
    if (!(Number.isSafeInteger(pieces) && pieces > 0)) throw new TypeError(`${pieces} pieces`)
    if (byId.has(id)) cart.set(id, pieces)
  }
}
