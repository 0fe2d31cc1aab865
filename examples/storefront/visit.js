/** The visit: what the shopper does, told to the recommender, and the lists that follow from it. */

let recommender
/** How often what the shopper did was heard, for those who show it. */
const listeners = new Set()
/** Ids of the products that the shopper wants to see no more of. */
const dismissed = new Set()
/** The last ranking: its duration in milliseconds, and where it came from. */
export const last = { milliseconds: 0, source: 'popular' }

export async function openVisit(opened) {
  recommender = opened
  await adapt()
}

export const describe = () => recommender.describe()
export const history = () => recommender.history()
export const isDismissed = (id) => dismissed.has(id)

/** Calls `listener` after every event, within the same turn. */
export function onChange(listener) {
  listeners.add(listener)
}

/** Resolves when all who show it have. */
const changed = () => Promise.all(Array.from(listeners, (listener) => listener()))

/** Learns on the device what the model does not know of this shopper, where the model has it. */
async function adapt() {
  try {
    await recommender.adapt()
  } catch (error) {
    if (error.code !== 'unsupported') throw error
  }
}

/** Tells the recommender, in the words of GA4, what was done to a product. */
export function track(event, { id, price }, details = {}) {
  recommender.track({ event, ...details, items: [{ item_id: id, price, ...details }] })
  return changed()
}

/** One order of several products. */
export function trackPurchase(order, lines) {
  const items = lines.map(({ product, pieces }) => {
    return { item_id: product.id, price: product.price, quantity: pieces }
  })
  recommender.track({ event: 'purchase', transaction_id: order, items })
  return changed()
}

/** The shopper wants no more of it: it counts against the like of it, and is listed no more. */
export function dismiss(product) {
  dismissed.add(product.id)
  return track('not_interested', product)
}

/** What there is to keep of the visit, as JSON. */
export const pack = () => ({ history: history(), dismissed: [...dismissed] })

/** Goes on with a visit that was kept. */
export async function resume(visit) {
  for (const event of visit.history) recommender.track(event)
  for (const id of visit.dismissed) dismissed.add(id)
  await adapt()
}

export async function forget() {
  recommender.clear()
  dismissed.clear()
  await adapt()
  return changed()
}

const withoutDismissed = ({ exclude = [], ...options }) => {
  return { ...options, exclude: [...exclude, ...dismissed] }
}

export async function recommend(options) {
  const start = performance.now()
  const list = await recommender.recommend(withoutDismissed(options))
  Object.assign(last, { milliseconds: performance.now() - start, source: list.source })
  return list
}

/** Why the list that `recommend` gives with these options has the product. */
export const explain = (id, options) => recommender.explain(id, withoutDismissed(options))
