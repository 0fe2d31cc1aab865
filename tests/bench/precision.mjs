/**
 * What int8, int4 and f16 cost: how many of the best 20 products stay, and how much NDCG@20 is lost,
 * against the same model in f32. Online Retail, discovery.
 *
 *   node tests/bench/precision.mjs [--only compact]
 */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Failure, main, read } from '../../web/scripts/run.mjs'
import { amongEarlier, onlineRetail, report, runVitrine, save, scratch } from './bench.mjs'

const models = {
  vae: ['--model', 'vae'],
  recvae: ['--model', 'vae', '--variant', 'recvae'],
  compact: ['--model', 'vae', '--variant', 'compact'],
  gan: ['--model', 'gan'],
  sequence: ['--model', 'sequence', '--epochs', '6', '--negatives', '512', '--no-refit'],
  linear: ['--model', 'linear'],
  forward: ['--model', 'forward'],
}

await main(async () => {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  if (!existsSync(onlineRetail)) {
    throw new Failure('The Online Retail log is not on this machine.', 2)
  }
  const folder = scratch('precision')
  const [log, data] = [join(folder, 'events.csv'), join(folder, 'data')]
  writeFileSync(log, read('xz', ['-dkc', onlineRetail]))
  runVitrine('prepare', '--events', log, '--cut', '2011-10-01', '--out', data, '--force')
  const results = {}
  for (const [name, flags] of Object.entries(models)) {
    if (name !== (values.only ?? name)) continue
    const model = join(folder, name)
    const task = ['--data', data, '--task', 'discovery']
    runVitrine('train', ...task, ...flags, '--out', model, '--force')
    const forms = {}
    for (const dtype of ['f32', 'f16', 'int8', 'int4']) {
      const file = join(folder, `${name}-${dtype}.safetensors`)
      runVitrine('export', '--model', model, '--out', file, '--dtype', dtype)
      const { metrics } = runVitrine('evaluate', '--model', file, ...task)
      const lists = listsOf(file, data, folder)
      forms[dtype] = { bytes: statSync(file).size, 'ndcg@20': metrics['ndcg@20'].value, lists }
    }
    results[name] = Object.entries(forms).map(([dtype, { bytes, lists, 'ndcg@20': ndcg }]) => ({
      dtype,
      bytes,
      'ndcg@20': ndcg,
      loss: 1 - ndcg / forms.f32['ndcg@20'],
      'overlap@20': overlap(lists, forms.f32.lists),
    }))
    console.error(name)
    console.table(results[name])
    save('precision', amongEarlier('precision', results))
  }
  report('precision', amongEarlier('precision', results))
})

/** The best 20 products for each shopper of the log. */
function listsOf(model, data, folder) {
  const out = join(folder, 'lists.jsonl')
  runVitrine(
    'recommend',
    '--model',
    model,
    '--data',
    data,
    '--batch',
    '--count',
    '20',
    '--out',
    out,
  )
  const lines = readFileSync(out, 'utf8').trimEnd().split('\n').map(JSON.parse)
  return lines
    .filter(({ source }) => source === 'model')
    .map(({ items }) => items.map(({ id }) => id))
}

function overlap(lists, others) {
  const shares = lists.map((list, i) => {
    const known = new Set(others[i])
    return list.filter((id) => known.has(id)).length / list.length
  })
  return shares.reduce((sum, share) => sum + share, 0) / shares.length
}
