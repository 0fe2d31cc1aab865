/** The visit: what the shopper does, told to the recommender, and the lists that follow from it. */

let recommender
/** How often what the shopper did was heard, for those who show it. */
const listeners = new Set()
/** The last ranking: its duration in milliseconds, and where it came from. */
export const last = { milliseconds: 0, source: 'popular' }

export function openVisit(opened) {
  recommender = opened
}

export const describe = () => recommender.describe()
export const history = () => recommender.history()

/** Calls `listener` after every event, within the same turn. */
export function onChange(listener) {
  listeners.add(listener)
}

/** Tells the recommender, in the words of GA4, what was done to a product. */
export function track(event, { id, price }, details = {}) {
  recommender.track({ event, ...details, items: [{ item_id: id, price, ...details }] })
  for (const listener of listeners) listener()
}

/** One order of several products. */
export function trackPurchase(order, lines) {
  const items = lines.map(({ product, pieces }) => {
    return { item_id: product.id, price: product.price, quantity: pieces }
  })
  recommender.track({ event: 'purchase', transaction_id: order, items })
  for (const listener of listeners) listener()
}

export function forget() {
  recommender.clear()
  for (const listener of listeners) listener()
}

export async function recommend(options) {
  const start = performance.now()
  const list = await recommender.recommend(options)
  Object.assign(last, { milliseconds: performance.now() - start, source: list.source })
  return list
}
