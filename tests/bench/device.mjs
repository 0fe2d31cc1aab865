/**
 * What happens on the device between one click and the next, in Chromium on one thread: medians in ms
 * over 20,000 products and a history of 50.
 *
 *   npm run -s bench:device -- --json     (or without --json: a table)
 *
 * recommend: `track` of a click, then a list of 20; adapt: `adapt()` at its default budget, learning
 * from every moment that it may; explain: `explain` of the first product. The list is timed before
 * and after adapting, taking turns. The shop is made up and models run for an epoch: how long things
 * take depends on the sizes alone. The figures of the first model, the compact vae, stand apart.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Failure, main } from '../../web/scripts/run.mjs'
import { amongEarlier, median, quantile, runVitrine, save, scratch } from './bench.mjs'
import { runInChromium } from './lists.mjs'

const epoch = ['--epochs', '1', '--no-refit']
const models = {
  compact: ['--model', 'vae', '--variant', 'compact', ...epoch],
  vae: ['--model', 'vae', ...epoch],
  sequence: ['--model', 'sequence', '--negatives', '512', ...epoch],
  linear: ['--model', 'linear', '--form', 'sparse', '--lambda', '200'],
  gan: ['--model', 'gan', ...epoch],
}
// Whatever validation would say of it, the gain is learnt.
const adapts = ['--adapt', '--adapt-gain', '1', '--adapt-sharpness', '2']
const now = 1735689600

await main(async () => {
  const { values } = parseArgs({
    options: {
      products: { type: 'string', default: '22000' },
      shoppers: { type: 'string', default: '20000' },
      rounds: { type: 'string', default: '60' },
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const chosen = Object.entries(models).filter(([name]) => name === (values.only ?? name))
  if (chosen.length === 0) throw new Failure(`there is no model ${values.only}`, 2)
  const folder = scratch('device')
  const [shop, data] = [join(folder, 'shop'), join(folder, 'data')]
  const sizes = ['--products', values.products, '--shoppers', values.shoppers]
  runVitrine('generate', ...sizes, '--out', shop, '--force')
  const log = ['--events', join(shop, 'events.csv'), '--products', join(shop, 'products.csv')]
  runVitrine('prepare', ...log, '--out', data, '--force')
  const { id } = JSON.parse(readFileSync(join(data, 'catalogue.json'), 'utf8'))
  const history = Array.from({ length: 50 }, (_, i) => id[(i * 37) % id.length])
  const clicks = Array.from({ length: 12 }, (_, i) => id[(i * 101 + 7) % id.length])

  const results = {}
  for (const [name, flags] of chosen) {
    const [out, model] = [join(folder, 'model'), join(folder, 'store.safetensors')]
    runVitrine('train', '--data', data, '--out', out, '--force', ...flags, ...adapts)
    runVitrine('export', '--model', out, '--out', model)
    const options = { model, history, clicks, now, rounds: Number(values.rounds) }
    const { adaptations, ...times } = await runInChromium(timeDevice, options)
    results[name] = { items: id.length }
    for (const [what, ms] of Object.entries(times)) {
      if (ms.length === 0) continue
      results[name][`${what}_ms`] = round(median(ms))
      results[name][`${what}_p95_ms`] = round(quantile(ms, 0.95))
    }
    results[name].adapt_steps = median(adaptations.map(({ steps }) => steps))
    results[name].adapt_complete =
      adaptations.filter(({ complete }) => complete).length / adaptations.length
  }
  const all = values.only ? { ...amongEarlier('device', {}).models, ...results } : results
  const figures = Object.fromEntries(
    ['recommend_ms', 'adapt_ms', 'explain_ms'].map((key) => [key, all.compact?.[key]]),
  )
  figures.cold_start_ms = all.gan?.cold_start_ms
  save('device', { ...figures, models: all })
  if (values.json) console.log(JSON.stringify({ ...figures, models: all }))
  else console.table(results)
})

/** Runs as source text in the page. */
async function timeDevice(create, { model, history, clicks, now, rounds }) {
  const vitrine = await create({ model, now: () => now * 1000 })
  const times = { recommend: [], adapt: [], explain: [], list: [], list_after_adapt: [] }
  times.cold_start = []
  const context = { country: 'IT', device: 'desktop', channel: 'advert' }
  const adaptations = []
  const time = async (what, run) => {
    const start = performance.now()
    const result = await run()
    what?.push(performance.now() - start)
    return result
  }
  const list = () => vitrine.recommend({ count: 20 })
  for (let round = -5; round < rounds; ++round) {
    const into = (what) => (round < 0 ? undefined : times[what]) // the first rounds warm up
    vitrine.clear()
    const cold = () => vitrine.recommend({ count: 20, context })
    const { source } = await cold()
    if (source === 'generated') await time(into('cold_start'), cold)
    for (const [i, id] of history.entries()) {
      const at = (now - 60 * (history.length - i)) * 1000
      vitrine.track({ event: 'view_item', items: [{ item_id: id }], time: at })
    }
    const click = clicks[(round + clicks.length) % clicks.length]
    const listed = await time(into('recommend'), () => {
      vitrine.track({ event: 'view_item', items: [{ item_id: click }], time: now * 1000 })
      return list()
    })
    await time(into('explain'), () => vitrine.explain(listed.items[0].id, { count: 20 }))
    await time(into('list'), list)
    const adapted = await time(into('adapt'), () => vitrine.adapt())
    if (round >= 0) adaptations.push(adapted)
    await list() // what adapting read lies in the caches now
    await time(into('list_after_adapt'), list)
  }
  vitrine.close()
  return { ...times, adaptations }
}

function round(ms) {
  return Math.round(ms * 1000) / 1000
}
