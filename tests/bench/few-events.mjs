/**
 * Shoppers of whom little is known: what comes after a few baskets or events, over every shopper once.
 *
 *   node tests/bench/few-events.mjs [--only retailrocket]
 *
 * Five folds over the shoppers. In each, settings are chosen on a tenth of the others, asked the same
 * way, then models are fitted to all of them and asked about the fold, once.
 *
 * Online Retail: all new products after the first 1, 2, 3 and 5 baskets.
 * RetailRocket: the next purchase after the first 1, 3, 5 and 10 events; viewed products stay
 * candidates. Of each shopper the last 50 events, the held-out purchase among them.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Failure, main, read } from '../../web/scripts/run.mjs'
import {
  amongEarlier,
  onlineRetail,
  report,
  retailRocket,
  retailRocketLog,
  runVitrine,
  scratch,
} from './bench.mjs'

const mostEvents = 50
const sets = {
  'online-retail': {
    file: onlineRetail,
    log: () => read('xz', ['-dkc', onlineRetail]),
    flags: ['--prefixes', '1', '2', '3', '5', '--model', 'forward'],
    baselines: ['linear', 'item-knn', 'popularity'],
  },
  retailrocket: {
    file: retailRocket,
    log: () => retailRocketLog(mostEvents),
    flags: [
      '--prefix-events',
      '1',
      '3',
      '5',
      '10',
      '--task',
      'next-basket',
      '--model',
      'blend',
    ].concat(['--parts', 'personal-frequency', 'forward', 'markov', 'item-knn', 'popularity']),
    baselines: ['popularity', 'personal-frequency', 'markov', 'item-knn', 'linear'],
  },
}

await main(async () => {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  const folder = scratch('few-events')
  const results = {}
  for (const [set, { file, log, flags, baselines }] of Object.entries(sets)) {
    if (values.only && values.only !== set) continue
    if (!existsSync(file)) throw new Failure(`${set} is not on this machine.`, 2)
    const path = join(folder, `${set}.csv`)
    writeFileSync(path, log())
    const split = ['--format', 'events', '--input', path, '--protocol', 'strong', '--folds', '5']
    const args = [...split, ...flags, '--baselines', ...baselines]
    const { data, ...result } = runVitrine('benchmark', ...args)
    results[set] = { flags: flags.join(' '), ...result }
    print(set, result)
  }
  report('few-events', values.only ? amongEarlier('few-events', results) : results)
})

/** A table in Markdown: a row per model, a column per prefix. */
function print(set, { model, prefixes, prefix_events }) {
  const answers = Object.entries(prefixes ?? prefix_events)
  const show = (value) => value.toFixed(3).replace(/^0/, '')
  const [, first] = answers[0]
  console.log(`\n| ${set}, NDCG@20 after | ${answers.map(([n]) => n).join(' | ')} |`)
  console.log(`|---|${answers.map(() => '--:').join('|')}|`)
  console.log(`| shoppers | ${answers.map(([, { cases }]) => cases).join(' | ')} |`)
  const own = answers.map(([, { metrics }]) => show(metrics['ndcg@20'].value))
  console.log(`| **${model}** | ${own.join(' | ')} |`)
  for (const name of Object.keys(first.baselines)) {
    const cells = answers.map(([, { baselines }]) => {
      const { metrics, differences } = baselines[name]
      const { relative, low } = differences['ndcg@20']
      const ahead = `${relative > 0 ? '+' : ''}${(100 * relative).toFixed(0)} %`
      return `${show(metrics['ndcg@20'].value)} (${ahead}${low > 0 ? '' : ', may be chance'})`
    })
    console.log(`| ${name} | ${cells.join(' | ')} |`)
  }
}
