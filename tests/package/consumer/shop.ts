/** A shop's code against the package's types; compiled, never run. */
import {
  createRecommender,
  type Product,
  type Recommendations,
  type Recommender,
  type TrackableEvent,
  VitrineError,
} from 'vitrine'

export async function start(signal: AbortSignal): Promise<Recommender | undefined> {
  try {
    return await createRecommender({
      model: new URL('https://shop.example/store.safetensors'),
      wasm: '/assets/engine.wasm',
      signal,
      now: () => Date.now(),
    })
  } catch (error) {
    if (!(error instanceof VitrineError)) throw error
    const gone: boolean = error.code === 'not-found' || error.code === 'network'
    if (!gone) console.error(error.message)
    return undefined
  }
}

export async function shelf(recommender: Recommender): Promise<Product[]> {
  const { tracked, unknown } = recommender.track({
    event: 'view_item',
    ecommerce: { currency: 'EUR', items: [{ item_id: 'SKU-1', price: '11.99', item_brand: 'B' }] },
  })
  recommender.track(['event', 'purchase', { transaction_id: 'T1', items: [{ item_id: 7 }] }])
  recommender.track({ event: 'rate', item_id: 'SKU-1', value: 4, time: new Date() })
  const count: number = tracked + unknown.length
  const list: Recommendations = await recommender.recommend({ count, exclude: new Set(['SKU-2']) })
  const popular: boolean = list.source === 'popular'
  if (popular) recommender.clear()
  return list.items.map(({ product, score, id }) => ({
    ...product,
    id: `${id}:${score.toFixed(2)}`,
  }))
}

export function leave(recommender: Recommender): number {
  using open = recommender
  return open.catalogue.get('SKU-1')?.price ?? open.describe().bytes
}

export const fromDataLayer = (layer: TrackableEvent[], recommender: Recommender) =>
  layer.map((event) => recommender.track(event).tracked)

// @ts-expect-error: the model is not optional
createRecommender({})
// @ts-expect-error: a recommender is made by createRecommender
export const made: Recommender = {}
