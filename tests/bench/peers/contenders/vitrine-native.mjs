/** Our own command, all cores: `recommend --batch` over a log of as many shoppers. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runVitrine } from '../../bench.mjs'
import { listLength } from '../models.mjs'

export async function createBatch({ path, threads }) {
  const folder = dirname(path)
  const out = `${path}.lists.jsonl`
  return {
    /** The time is the command's own: of reading the log, ranking and writing, not of loading. */
    async lists(histories) {
      const data = dataSet(folder, histories)
      const where = ['--model', path, '--data', data, '--batch', '--out', out]
      const count = ['--count', `${listLength}`, '--threads', `${threads}`]
      const { seconds } = runVitrine('recommend', ...where, ...count)
      const lists = []
      for (const line of readFileSync(out, 'utf8').trimEnd().split('\n')) {
        const { shopper, items } = JSON.parse(line)
        lists[Number(shopper)] = items.map(({ id }) => Number(id))
      }
      return { lists, ms: seconds * 1e3 }
    },
    close() {},
  }
}

/** A log in which shopper i has the i-th history, prepared once. */
function dataSet(folder, histories) {
  const data = join(folder, `log-${histories.length}`)
  if (existsSync(data)) return data
  const rows = histories.flatMap((items, shopper) =>
    Array.from(items, (item, i) => `${shopper},${item},${1735689600 + 60 * i},view`),
  )
  const log = `${data}.csv`
  writeFileSync(log, `${['shopper,item,time,event', ...rows].join('\n')}\n`)
  const all = ['--split', 'none', '--min-item-shoppers', '1', '--keep-bots']
  runVitrine('prepare', '--events', log, '--out', data, ...all)
  return data
}
