/**
 * Every model on Online Retail, on both tasks: the table of the README.
 *
 *   node tests/bench/online-retail.mjs [--seeds 5]
 *
 * The test part begins at 2011-10-01. Settings are chosen on the last tenth of the training period,
 * then each model is fitted to all of it and asked about the test part once. What is stochastic is
 * trained with several seeds; the table has the seed in the middle and the spread of all.
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
  const { rows, kept } = runVitrine(
    'prepare',
    '--events',
    log,
    '--cut',
    '2011-10-01',
    '--out',
    data,
    '--force',
  )

  const results = { rows, kept, tasks: {} }
  for (const task of ['next-basket', 'discovery']) {
    results.tasks[task] = []
    for (const [name, model, flags] of models) {
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
      runs.sort((a, b) => a.metrics['ndcg@20'].value - b.metrics['ndcg@20'].value)
      const middle = runs[(runs.length - 1) >> 1]
      const all = runs.map((run) => run.metrics['ndcg@20'].value)
      results.tasks[task].push({ name, ...middle, seeds: all })
    }
    const [best, ...others] = results.tasks[task].toSorted(
      (a, b) => b.metrics['ndcg@20'].value - a.metrics['ndcg@20'].value,
    )
    const { baselines } = runVitrine(
      'evaluate',
      '--data',
      data,
      '--task',
      task,
      '--model',
      best.out,
      '--against',
      ...others.map(({ out }) => out),
    )
    results.tasks[`${task}, best`] = { name: best.name, against: baselines }
  }
  for (const task of ['next-basket', 'discovery']) print(task, results.tasks[task])
  report('online-retail', results)
})

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
