/** Times lists in Node and in Chromium: what the benchmarks of serving share. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { launch, listen } from '../support/browser.mjs'
import { packageFiles } from '../support/package-files.mjs'

/**
 * From loading `model` to the first list, each of `nLists` lists after that, in ms, and what was
 * listed. `history` are product ids, the oldest first, bought a minute apart, the last at
 * `now`, in seconds.
 * Runs in Node and, as source text, in the page.
 */
export async function timeLists(create, { model, history, now, nLists }) {
  const start = performance.now()
  const vitrine = await create({ model, now: () => now * 1000 })
  for (const [i, id] of history.entries()) {
    const time = (now - 60 * (history.length - 1 - i)) * 1000
    vitrine.track({ event: 'purchase', items: [{ item_id: id }], time })
  }
  const listed = await vitrine.recommend({ count: 20 })
  const first = performance.now() - start
  for (let i = 0; i < 20; ++i) await vitrine.recommend({ count: 20 })
  const lists = []
  for (let i = 0; i < nLists; ++i) {
    const before = performance.now()
    await vitrine.recommend({ count: 20 })
    lists.push(performance.now() - before)
  }
  vitrine.close()
  return { first, lists, items: listed.items.map(({ id, score }) => ({ id, score })) }
}

/** timeLists of the model file at `model`, in a page of its own. */
export function timeListsInChromium(options) {
  return runInChromium(timeLists, options)
}

/**
 * What `run(createRecommender, options)` gives in a page of its own, where `options.model` is the
 * address of that file. `run` crosses as source text.
 */
export async function runInChromium(run, options) {
  const files = {
    '/': ['text/html', Buffer.from('<!doctype html><title>Benchmark</title>')],
    ...packageFiles,
    '/store.safetensors': ['application/octet-stream', readFileSync(options.model)],
  }
  // Isolation makes the page's clock fine enough to time a list.
  const isolated = {
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  }
  const server = createServer(({ url }, response) => {
    const [type, bytes] = files[url] ?? ['text/plain', Buffer.alloc(0)]
    const headers = { ...isolated, 'content-type': type, 'content-length': bytes.length }
    response.writeHead(files[url] ? 200 : 404, headers).end(bytes)
  })
  const address = await listen(server)
  const browser = await launch()
  try {
    const page = await browser.newPage()
    await page.goto(address)
    return await page.evaluate(
      async ({ source, options }) => {
        const { createRecommender } = await import('/index.js')
        const run = new Function(`return ${source}`)()
        return run(createRecommender, { ...options, model: '/store.safetensors' })
      },
      { source: run.toString(), options },
    )
  } finally {
    await browser.close()
    server.close()
  }
}
