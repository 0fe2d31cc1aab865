/**
 * The linear model, sparse against dense: NDCG by how many products each listens to, and what
 * 100,000 products take.
 *
 *   node tests/bench/linear.mjs [--only beauty]
 *
 * The ridge is chosen on validation for each row. At scale: an example shop that sells over 100,000
 * products to 120,000 shoppers, one ridge, one core.
 */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createRecommender } from 'vitrine'
import { Failure, main, read, root } from '../../web/scripts/run.mjs'
import { amongEarlier, median, onlineRetail, report, runVitrine, scratch } from './bench.mjs'
import { timeLists } from './lists.mjs'

const shared = join(root, '../shared/data')
const folder = scratch('linear')
const cfgan = (part) => join(shared, `cfgan-ml100k/ML100K.${part}`)
const sets = {
  'ml-100k': {
    source: cfgan('train'),
    flags: () => ['--format', 'cfgan', '--train', cfgan('train'), '--test', cfgan('test')],
    metric: 'ndcg@20',
  },
  'online-retail': {
    source: onlineRetail,
    flags: () => {
      const log = join(folder, 'online-retail.csv')
      writeFileSync(log, read('xz', ['-dkc', onlineRetail]))
      return ['--format', 'events', '--input', log, '--cut', '2011-10-01']
    },
    metric: 'ndcg@20',
  },
  shop: {
    flags: () => ['--format', 'events', '--input', generate(2000, 40000), '--cut', '2024-11-25'],
    metric: 'ndcg@20',
  },
  beauty: {
    source: join(shared, 'amazon-beauty/Beauty.txt'),
    flags: () => ['--format', 's3rec', '--input', join(shared, 'amazon-beauty/Beauty.txt')],
    metric: 'ndcg@10',
  },
}

await main(async () => {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  const results = {}
  for (const [set, { source, flags, metric }] of Object.entries(sets)) {
    if (values.only && values.only !== set) continue
    if (source && !existsSync(source)) throw new Failure(`${set} is not on this machine.`, 2)
    const input = flags()
    const forms = [50, 100, 200].map((n) => ['--form', 'sparse', '--neighbours', `${n}`])
    results[set] = [...forms, ['--form', 'dense']].map((form) => {
      const args = [...input, '--model', 'linear', ...form, '--baselines', 'popularity']
      const { metrics, settings, seconds, peak_bytes } = runVitrine('benchmark', ...args)
      const row = { form: form.slice(1).join(' '), settings, [metric]: metrics[metric] }
      console.error(set, JSON.stringify(row))
      return { ...row, seconds, peak_bytes }
    })
  }
  if (!values.only || values.only === 'scale') results.scale = await atScale()
  report('linear', values.only ? amongEarlier('linear', results) : results)
})

function generate(nProducts, nShoppers) {
  const out = join(folder, `shop-${nProducts}`)
  const sizes = ['--products', `${nProducts}`, '--shoppers', `${nShoppers}`]
  runVitrine('generate', ...sizes, '--out', out, '--force')
  return join(out, 'events.csv')
}

async function atScale() {
  const [data, out, model] = ['data', 'model', 'store.safetensors'].map((at) => join(folder, at))
  runVitrine('prepare', '--events', generate(112000, 120000), '--out', data, '--force')
  const flags = ['--model', 'linear', '--lambda', '200', '--no-refit', '--threads', '1']
  const trained = runVitrine('train', '--data', data, '--out', out, '--force', ...flags)
  runVitrine('export', '--model', out, '--out', model)
  const { id } = JSON.parse(readFileSync(join(data, 'catalogue.json'), 'utf8'))
  const { items } = runVitrine('recommend', '--model', model, '--count', '30')
  const history = items.map(({ id }) => id)
  const { lists } = await timeLists(createRecommender, { model, history, now: 0, nLists: 100 })
  return {
    items: id.length,
    settings: trained.settings,
    seconds: trained.seconds,
    peak_bytes: trained.peak_bytes,
    file_bytes: statSync(model).size,
    list_ms: median(lists),
  }
}
