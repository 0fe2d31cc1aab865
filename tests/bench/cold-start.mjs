/**
 * Shoppers before and after their first events: a gan that is told who they are, beside rivals.
 *
 *   node tests/bench/cold-start.mjs
 *
 * MovieLens-100K, every user once in five folds: age, sex and occupation are the context, ratings from
 * 4 on what a user likes. NDCG@20 of all that a user goes on to like, after 0, 1, 2, 3, 5 and 10
 * events; the differences are to popularity within the same context, shrunken to that of all.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, main, root } from '../../web/scripts/run.mjs'
import { report, runVitrine } from './bench.mjs'

const ratings = join(root, '../shared/data/ml-100k/u.data')
const flags = ['--model', 'gan', '--epochs', '40', '--patience', '40']
const variants = { generator: [], without_adversary: ['--adversary', '0'] }

await main(async () => {
  if (!existsSync(ratings)) throw new Failure('MovieLens-100K is not on this machine.', 2)
  const results = {}
  for (const [variant, own] of Object.entries(variants)) {
    const split = ['--format', 'movielens', '--input', ratings, '--folds', '5']
    const rivals = ['--baselines', 'linear', 'item-knn', 'vae']
    const { cold_start, seconds } = runVitrine('benchmark', ...split, ...flags, ...own, ...rivals)
    results[variant] = { flags: [...flags, ...own].join(' '), seconds, cold_start }
    print(variant, cold_start)
  }
  report('cold-start', { 'ml-100k': results })
})

/** A table in Markdown: a row per model, a column per number of events. */
function print(variant, coldStart) {
  const answers = Object.entries(coldStart).filter(([, { cases }]) => cases)
  const names = Object.keys(answers.at(-1)[1]).filter((name) => name !== 'cases')
  console.log(`\n| ${variant}, NDCG@20 after | ${answers.map(([n]) => n).join(' | ')} |`)
  console.log(`|---|${answers.map(() => '--:').join('|')}|`)
  for (const name of names) {
    const cells = answers.map(([, answer]) => {
      if (!answer[name]) return ''
      const { diff, low, high, relative } = answer[name].difference
      const ahead = diff === 0 ? '' : ` (${(100 * relative).toFixed(1)} %)`
      const mark = low > 0 || high < 0 ? '' : ' ~'
      return answer[name]['ndcg@20'].value.toFixed(4) + ahead + mark
    })
    console.log(`| ${name} | ${cells.join(' | ')} |`)
  }
}
