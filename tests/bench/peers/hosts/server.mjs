/** Serves pages, bundled contenders and their files, isolated so that the page's clock is fine. */
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { basename, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { root } from '../../../../web/scripts/run.mjs'
import { listen } from '../../../support/browser.mjs'
import { scratch } from '../../bench.mjs'

const peers = fileURLToPath(new URL('..', import.meta.url))
const bundles = join(scratch('peers'), 'bundles')
/** Where a bundle's WebAssembly is looked for, by its name. */
const wasmFolders = [
  join(root, 'dist'),
  join(peers, 'node_modules/onnxruntime-web/dist'),
  join(peers, 'node_modules/@tensorflow/tfjs-backend-wasm/dist'),
]

const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' }
const isolation = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
}

/** `{ address, serve, watch, close }`. */
export async function startServer() {
  await bundle()
  const folders = []
  let seen = () => {}
  const server = createServer(({ url }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://localhost')
    if (pathname === '/') {
      const page = searchParams.get('script') ?? 'page'
      const html = `<!doctype html><title>Benchmark</title><script type="module" src="/bundles/${page}.js"></script>`
      return response.writeHead(200, { ...isolation, 'content-type': types['.html'] }).end(html)
    }
    const path = find(pathname, folders)
    if (path === undefined) return response.writeHead(404, isolation).end()
    seen(path)
    response.writeHead(200, {
      ...isolation,
      'content-type': types[extname(path)] ?? 'application/octet-stream',
      'content-length': statSync(path).size,
    })
    createReadStream(path, { highWaterMark: 1 << 20 }).pipe(response)
  })
  return {
    address: await listen(server),
    /** Serves the files of a folder, and returns under which address. */
    serve(folder) {
      if (!folders.includes(folder)) folders.push(folder)
      return `/files/${folders.indexOf(folder)}/`
    },
    /** Calls `callback` with the path of each file that is asked for from now on. */
    watch(callback) {
      seen = callback
    },
    close: () => server.close(),
  }
}

function find(pathname, folders) {
  const [, area, ...rest] = pathname.split('/')
  const name = basename(pathname)
  const candidates =
    area === 'files'
      ? [join(folders[rest[0]] ?? bundles, name)]
      : [bundles, ...wasmFolders].map((folder) => join(folder, name))
  return candidates.find((path) => existsSync(path))
}

/** As a page would fetch them: each contender in one minified file beside its WebAssembly. */
async function bundle() {
  await build({
    absWorkingDir: peers,
    entryPoints: [
      'hosts/page.mjs',
      'hosts/worker.mjs',
      'hosts/first-list.mjs',
      ...['vitrine', 'onnxruntime-web', 'tfjs-wasm', 'javascript', 'stream'].map(
        (name) => `contenders/${name}.mjs`,
      ),
    ],
    entryNames: '[name]',
    outdir: bundles,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    external: ['node:*'],
    minify: true,
    logLevel: 'error',
  })
}
