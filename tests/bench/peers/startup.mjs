/** What a page pays before its first list: the download, the time from the navigation, the memory. */
import { readFileSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { launch } from '../../support/browser.mjs'
import { median } from '../bench.mjs'
import { bytesOfFile } from './files.mjs'
import { startServer } from './hosts/server.mjs'
import { reasonOf, round } from './measure.mjs'
import { historyLength, listLength, makeHistories } from './models.mjs'

const repetitions = 5

/** Opens pages in Chromium: `{ measure, downloads, close }`. */
export async function openStartup() {
  const server = await startServer()
  const fetched = new Map() // module → paths of the JavaScript and WebAssembly that its page asked for
  return {
    /** Rows of `startup` and `memory` for each contender. */
    async measure({ model, folder, contenders }) {
      const browser = await launch()
      const result = { startup: [], memory: [], skipped: [] }
      try {
        for (const contender of contenders) {
          const { name, precision, module } = contender
          if (!fetched.has(module)) fetched.set(module, new Set())
          server.watch((path) => isCode(path) && fetched.get(module).add(path))
          const whose = { model: model.name, items: model.nItems, contender: name, precision }
          try {
            const { start, memory } = await open(browser, server, { model, folder, contender })
            result.startup.push({ ...whose, ...start })
            result.memory.push({ ...whose, ...memory })
          } catch (error) {
            result.skipped.push({ host: 'page', ...whose, reason: reasonOf(error) })
          }
        }
      } finally {
        await browser.close()
      }
      return result
    },
    downloads: () =>
      [...fetched].map(([contender, paths]) => ({ contender, ...sizes([...paths]) })),
    close: () => server.close(),
  }
}

async function open(browser, server, { model, folder, contender }) {
  const { tensors, ...shape } = model
  const { module, file, form } = contender
  const run = {
    module,
    address: server.serve(folder),
    history: Array.from(makeHistories(model.nItems, 1, historyLength)[0]),
    options: { model: shape, file, form, listLength, historyLength },
  }
  const starts = []
  for (let i = 0; i < repetitions; ++i) {
    const context = await browser.newContext()
    try {
      const page = await context.newPage()
      const failure = new Promise((_, reject) => page.on('pageerror', reject))
      const query = new URLSearchParams({ script: 'first-list', run: JSON.stringify(run) })
      await page.goto(`${server.address}?${query}`)
      const result = await Promise.race([
        page.waitForFunction(() => globalThis.firstList, undefined, { timeout: 120_000 }),
        failure,
      ])
      starts.push({ ...(await result.jsonValue()), rss: await largestRenderer(browser) })
    } finally {
      await context.close()
    }
  }
  const of = (key) => median(starts.map((start) => start[key]))
  return {
    start: { first_list_ms: round(of('firstListMs')), main_thread_list_ms: round(of('callMs')) },
    memory: {
      file_bytes: bytesOfFile(folder, contender),
      wasm_bytes: of('wasmBytes'),
      renderer_rss_bytes: of('rss'),
    },
  }
}

/** Resident bytes of the browser's largest renderer: the page's, where the others are empty. */
async function largestRenderer(browser) {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  const renderers = processInfo.filter(({ type }) => type === 'renderer')
  return Math.max(...renderers.map(({ id }) => residentBytes(id)))
}

function residentBytes(pid) {
  const [, kilobytes] = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/) ?? [
    0, 0,
  ]
  return 1024 * Number(kilobytes)
}

const isCode = (path) =>
  ['.js', '.wasm'].includes(extname(path)) && basename(path) !== 'first-list.js'

function sizes(paths) {
  const files = paths.map((path) => {
    const bytes = readFileSync(path)
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11 }
    return {
      file: basename(path),
      raw: bytes.length,
      gzip: gzipSync(bytes, { level: 9 }).length,
      brotli: brotliCompressSync(bytes, { params }).length,
    }
  })
  const total = (key) => files.reduce((sum, file) => sum + file[key], 0)
  return { raw: total('raw'), gzip: total('gzip'), brotli: total('brotli'), files }
}
