/**
 * A catalogue of a million products by product quantisation: the file, the time of a list in
 * Chromium for a history of 30, and what it costs in quality.
 *
 *   node tests/bench/large-catalogue.mjs [--lists 100] [--only quality]
 *
 * Quality is that of a compact vae, 64 wide, of a made-up shop of 100,000 products, its int8 form
 * against its pq form on the same shoppers. The million products have the trained ones' vectors over
 * and over, each with noise of a tenth of its size, and the trained network. What an earlier run has
 * trained and exported is used again; `--fresh` makes it anew.
 */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Failure, main } from '../../web/scripts/run.mjs'
import { writeTensorFile } from '../support/store-writer.mjs'
import { amongEarlier, median, quantile, report, runVitrine, scratch } from './bench.mjs'
import { timeListsInChromium } from './lists.mjs'
import { uniformNumbers } from './peers/models.mjs'

const folder = scratch('large-catalogue')
const [shop, data, model] = ['shop', 'data', 'model'].map((name) => join(folder, name))
const shopFlags = ['--products', '100000', '--shoppers', '40000']
const trainFlags = ['--model', 'vae', '--variant', 'compact', '--hidden', '64'].concat([
  '--encoder-epochs',
  '1',
  '--epochs',
  '12',
  '--patience',
  '3',
  '--no-refit',
])
const nItems = 1_000_000
const now = 1735689600

await main(async () => {
  const { values } = parseArgs({
    options: {
      lists: { type: 'string', default: '100' },
      only: { type: 'string' },
      fresh: { type: 'boolean', default: false },
    },
  })
  const parts = { quality: compareForms, lists: () => timeForms(Number(values.lists)) }
  const chosen = Object.keys(parts).filter((name) => name === (values.only ?? name))
  if (chosen.length === 0) throw new Failure(`there is no part ${values.only}`, 2)
  if (values.fresh) rmSync(folder, { recursive: true, force: true })
  if (!existsSync(model)) train()
  const results = { flags: { generate: shopFlags.join(' '), train: trainFlags.join(' ') } }
  for (const name of chosen) results[name] = await parts[name]()
  report('large-catalogue', amongEarlier('large-catalogue', results))
})

function train() {
  runVitrine('generate', ...shopFlags, '--out', shop, '--force')
  const log = ['--events', join(shop, 'events.csv'), '--products', join(shop, 'products.csv')]
  runVitrine('prepare', ...log, '--out', data, '--force')
  runVitrine('train', '--data', data, '--out', model, ...trainFlags)
}

/** NDCG@20 of both forms for new products, with the paired difference, and how far the lists agree. */
function compareForms() {
  const files = ['int8', 'pq'].map((dtype) => {
    const out = join(folder, `${dtype}.safetensors`)
    runVitrine('export', '--model', model, '--dtype', dtype, '--out', out)
    return out
  })
  const compared = runVitrine('compare', ...files, '--data', data, '--task', 'discovery')
  const sizes = ['--target-size', '1GB', '--out', join(folder, 'best.safetensors')]
  const { forms } = runVitrine('export', '--model', model, '--data', data, ...sizes)
  const [pq] = Object.values(compared.baselines)
  // compare takes the second from the first.
  const { diff, low, high } = pq.differences['ndcg@20']
  const int8 = compared.metrics['ndcg@20'].value
  const relative = (value) => round(-value / int8, 4)
  return {
    items: tensorsOf(files[1]).metadata['vitrine.items'],
    shoppers: compared.tasks.discovery.cases,
    int8: compared.metrics['ndcg@20'],
    pq: pq.metrics['ndcg@20'],
    relative_difference: { value: relative(diff), low: relative(high), high: relative(low) },
    forms,
  }
}

/** Lists of a million products in Chromium. */
async function timeForms(nLists) {
  const times = []
  for (const dtype of ['pq', 'int8']) times.push(await timeForm(dtype, nLists))
  return times
}

async function timeForm(dtype, nLists) {
  const path = join(folder, `million-${dtype}.safetensors`)
  if (!existsSync(path)) exportMillion(dtype, path)
  const [begin, end] = tensorsOf(path).tensors.catalogue.data_offsets
  const history = Array.from({ length: 30 }, (_, i) => `P${(i * 7919) % nItems}`)
  const ask = ['--now', `${now}`, '--count', '20', '--history', ...history]
  const native = runVitrine('recommend', '--model', path, ...ask)
  const run = await timeListsInChromium({ model: path, history, now, nLists })
  const bytes = statSync(path).size
  return {
    host: 'chromium',
    dtype,
    items: nItems,
    file_bytes: bytes,
    weights_bytes: bytes - (end - begin),
    first_list_ms: round(run.first, 3),
    median_ms: round(median(run.lists), 3),
    p95_ms: round(quantile(run.lists, 0.95), 3),
    equals_native: run.items.every(({ id }, i) => id === native.items[i].id),
  }
}

function exportMillion(dtype, path) {
  const million = join(folder, 'million.safetensors')
  if (!existsSync(million)) {
    writeFileSync(million, enlarge(readTensorFile(join(model, 'model.safetensors'))))
  }
  const start = performance.now()
  runVitrine('export', '--model', million, '--dtype', dtype, '--out', path)
  console.error(`${dtype}: exported in ${round((performance.now() - start) / 1000, 1)} s`)
}

function tensorsOf(path) {
  const bytes = readFileSync(path)
  const length = Number(bytes.readBigUInt64LE(0))
  const { __metadata__: metadata, ...tensors } = JSON.parse(bytes.subarray(8, 8 + length))
  return { metadata, tensors, payload: bytes.subarray(8 + length) }
}

/** As writeTensorFile takes it. */
function readTensorFile(path) {
  const { metadata, tensors, payload } = tensorsOf(path)
  const file = { metadata: { ...metadata, 'vitrine.sha256': '' }, tensors: {} }
  for (const [name, { dtype, shape, data_offsets: at }] of Object.entries(tensors)) {
    if (name.startsWith('pad.')) continue
    const bytes = new Uint8Array(payload.subarray(...at))
    file.tensors[name] = { values: dtype === 'F32' ? new Float32Array(bytes.buffer) : bytes, shape }
  }
  return file
}

/** The same model with `nItems` products. */
function enlarge({ metadata, tensors }) {
  const random = uniformNumbers(nItems)
  const n = Number(metadata['vitrine.items'])
  const repeat = (values, of) =>
    Float32Array.from({ length: nItems * of }, (_, i) => values[i % (n * of)])
  const table = tensors['vae.encoder.table']
  const [, width] = table.shape
  const values = repeat(table.values, width)
  for (let i = 0; i < nItems; ++i) {
    const row = values.subarray(i * width, (i + 1) * width)
    // Three uniform numbers of deviation 1 / 6 each: near enough to a normal one.
    const size = (0.2 * Math.hypot(...row)) / Math.sqrt(width)
    for (let c = 0; c < width; ++c) row[c] += size * (random() + random() + random() - 1.5)
  }
  const id = Array.from({ length: nItems }, (_, i) => `P${i}`)
  const bias = tensors['vae.item.bias'].values.subarray(0, n)
  const perItem = (name) => ({ values: repeat(tensors[name].values, 1) })
  return writeTensorFile({
    metadata: { ...metadata, 'vitrine.items': `${nItems}` },
    tensors: {
      ...tensors,
      catalogue: { values: new Uint8Array(Buffer.from(JSON.stringify({ id }))) },
      popularity: perItem('popularity'),
      'features.item_repeat_days': perItem('features.item_repeat_days'),
      'vae.encoder.table': { values, shape: [nItems, width] },
      'vae.item.bias': { values: repeat(bias, 1), shape: [1, nItems] },
    },
  })
}

function round(value, digits) {
  return Math.round(value * 10 ** digits) / 10 ** digits
}
