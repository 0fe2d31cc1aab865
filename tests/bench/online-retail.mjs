/**
 * Every model on Online Retail, on both tasks: the table of the README.
 *
 *   node tests/bench/online-retail.mjs [--seeds 5]
 *
 * The test part begins at 2011-10-01. Settings are chosen on the last tenth of the training period,
 * then each model is fitted to all of it and asked about the test part once. What is stochastic is
 * trained with several seeds; the table has their means, of the ends of the intervals as well, and
 * `seeds` has them all. Settings, differences and `int8` are those of the seed in the middle.
 * `int8` is what the exported int8 file loses against the f32 file, as a share of NDCG@20.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Failure, main, read } from '../../web/scripts/run.mjs'
import { onlineRetail, report, runVitrine, scratch } from './bench.mjs'

const models = [
  ['popularity, all time', 'popularity', ['--window-days', '0']],
  ['popularity, 30 days', 'popularity', ['--window-days', '30']],
  ['personal frequency', 'personal-frequency', ['--half-life-days', '0']],
  [
    'personal frequency, decayed',
    'personal-frequency',
    ['--half-life-days', '30', '60', '120', '240'],
  ],
  ['item-knn', 'item-knn', ['--half-life-days', '0']],
  ['item-knn, recency', 'item-knn', ['--half-life-days', '15', '30', '90', '180']],
  ['linear (EASE)', 'linear', []],
  ['vae (Mult-VAE)', 'vae', []],
  ['TIFU-KNN', 'tifu-knn', []],
  ['forward', 'forward', []],
  [
    'blend',
    'blend',
    ['--parts', 'personal-frequency', 'forward', 'linear', 'item-knn', 'popularity'],
  ],
]
const shown = [
  'ndcg@20',
  'ndcg@100',
  'recall@20',
  'recall@50',
  'mrr',
  'new-hit@20',
  'revenue@20',
  'coverage@20',
]

await main(async () => {
  const { values } = parseArgs({ options: { seeds: { type: 'string', default: '5' } } })
  if (!existsSync(onlineRetail))
    throw new Failure('The Online Retail log is not on this machine.', 2)
  const folder = scratch('online-retail')
  const [log, data] = [join(folder, 'events.csv'), join(folder, 'data')]
  writeFileSync(log, read('xz', ['-dkc', onlineRetail]))
  const prepared = runVitrine(
    'prepare',
    '--events',
    log,
    '--cut',
    '2011-10-01',
    '--out',
    data,
    '--force',
  )

  const results = { rows: prepared.report.rows, tasks: {}, best: {} }
  for (const task of ['next-basket', 'discovery']) {
    results.tasks[task] = []
    const outs = new Map()
    for (const [name, model, flags] of models) {
      const isServed = model !== 'tifu-knn' // it holds histories, and foresees baskets only
      if (!isServed && task === 'discovery') continue
      const seeds = model === 'vae' ? Number(values.seeds) : 1
      const runs = []
      for (let seed = 1; seed <= seeds; ++seed) {
        const out = join(folder, `${task}-${name.replaceAll(/[^a-z0-9]+/gi, '-')}-${seed}`)
        const flag = ['--seed', `${seed}`, ...flags]
        const trained = runVitrine(
          'train',
          '--data',
          data,
          '--model',
          model,
          '--task',
          task,
          '--out',
          out,
          '--force',
          ...flag,
        )
        const tested = runVitrine('evaluate', '--data', data, '--model', out, '--task', task)
        const { cases, at_most_two_baskets } = tested.tasks[task]
        runs.push({
          seed,
          out,
          settings: trained.settings,
          validation: trained.validation['ndcg@20'],
          seconds: trained.seconds,
          cases,
          metrics: tested.metrics,
          at_most_two_baskets,
        })
      }
      runs.sort((a, b) => ndcg(a) - ndcg(b))
      const { out, ...middle } = runs[(runs.length - 1) >> 1]
      const int8 = isServed ? int8Loss(out, data, task) : null
      const metrics = meanOf(runs.map((run) => run.metrics))
      results.tasks[task].push({ name, ...middle, metrics, seeds: runs.map(ndcg), int8 })
      outs.set(name, out)
    }
    results.best[task] = compareBest(results.tasks[task], outs, data, task)
  }
  for (const task of ['next-basket', 'discovery']) print(task, results.tasks[task])
  report('online-retail', results)
})

/** Of each metric over the seeds, number by number. */
function meanOf(all) {
  const mean = (name, key) => all.reduce((sum, metrics) => sum + metrics[name][key], 0) / all.length
  return Object.fromEntries(
    Object.entries(all[0]).map(([name, numbers]) => [
      name,
      Object.fromEntries(Object.keys(numbers).map((key) => [key, mean(name, key)])),
    ]),
  )
}

function ndcg({ metrics }) {
  return metrics['ndcg@20'].value
}

/** The paired differences of the best model to each of the others. */
function compareBest(rows, outs, data, task) {
  const [best, ...others] = rows.toSorted((a, b) => ndcg(b) - ndcg(a)).map(({ name }) => name)
  const paths = others.map((name) => outs.get(name))
  const ask = [outs.get(best), ...paths, '--data', data, '--task', task]
  const answers = Object.values(runVitrine('compare', ...ask).baselines)
  const against = others.map((name, i) => [name, answers[i].differences])
  return { name: best, against: Object.fromEntries(against) }
}

/** By how much NDCG@20 falls, as a share of itself, when the item tables are written in int8. */
function int8Loss(out, data, task) {
  const [int8, f32] = ['int8', 'f32'].map((dtype) => {
    const file = `${out}-${dtype}.safetensors`
    runVitrine('export', '--model', out, '--dtype', dtype, '--out', file)
    return ndcg(runVitrine('evaluate', '--data', data, '--task', task, '--model', file))
  })
  return 1 - int8 / f32
}

/** A table in Markdown. */
function print(task, rows) {
  console.log(`\n${task}, ${rows[0].cases} shoppers\n`)
  console.log(`| model | ${shown.join(' | ')} |`)
  console.log(`|---|${shown.map(() => '--:').join('|')}|`)
  for (const { name, metrics } of rows) {
    const cells = shown.map((metric) => {
      const { value, low, high } = metrics[metric]
      const width = low === undefined ? '' : ` ±${((high - low) / 2).toFixed(3).slice(1)}`
      return `${value.toFixed(3).replace(/^0/, '')}${width}`
    })
    console.log(`| ${name} | ${cells.join(' | ')} |`)
  }
  console.log()
}
