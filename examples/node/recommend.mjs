/**
 * Ranks a shop's products for one shopper, as a page would, and prints the list.
 *
 *   node examples/node/recommend.mjs --store store.safetensors [--history events.json] [--count 10]
 *
 * The history is a list of events as `track` takes them; without one, a visit to a few best-selling
 * products is made up.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createRecommender, VitrineError } from 'vitrine'

try {
  const { values } = parseArgs({
    options: {
      store: { type: 'string', default: 'store.safetensors' },
      history: { type: 'string' },
      count: { type: 'string', default: '10' },
    },
  })
  const events = values.history && JSON.parse(readFileSync(values.history, 'utf8'))
  const last = events?.at(-1)?.time
  const now = () => last ?? Date.now()
  const vitrine = await createRecommender({ model: values.store, now })
  for (const event of events ?? (await madeUpVisit(vitrine))) vitrine.track(event)

  const nameOf = ({ title, id }) => title ?? id
  console.log('The shopper')
  for (const { type, id } of vitrine.history().slice(-8)) {
    console.log(`  ${type.padEnd(10)} ${nameOf(vitrine.catalogue.get(id))}`)
  }
  const start = performance.now()
  const { items } = await vitrine.recommend({ count: Number(values.count) })
  const milliseconds = (performance.now() - start).toFixed(1)
  const { model, items: known } = vitrine.describe()
  console.log(`\nFor this shopper (${model}, ${known} products, ${milliseconds} ms)`)
  for (const [rank, { product, score }] of items.entries()) {
    console.log(`${`${rank + 1}`.padStart(4)}  ${score.toFixed(3).padStart(8)}  ${nameOf(product)}`)
  }
  vitrine.close()
} catch (error) {
  const isForTheUser = error instanceof VitrineError || /^(ENOENT|ERR_PARSE_ARGS)/.test(error.code)
  if (!isForTheUser) throw error
  console.error(error.message)
  process.exitCode = 2
}

async function madeUpVisit(vitrine) {
  const { items } = await vitrine.recommend({ count: Math.min(40, vitrine.catalogue.size) })
  return items
    .filter((_, i) => i % 16 === 5)
    .map(({ id }) => ({ event: 'view_item', items: [{ item_id: id }] }))
}
