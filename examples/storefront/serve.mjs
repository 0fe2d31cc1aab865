/** Serves the demo shop under the strictest policy that WebAssembly allows; `--help` says how. */
import {
  createReadStream,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, sep } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

const help = `Serves the demo shop, on this machine alone.

  node examples/storefront/serve.mjs --store FILE [options]

  --store FILE        the model file that \`vitrine export\` wrote; required
  --pictures FOLDER   SVG files, named as the products' image column names them
                      (a product without one shows its name)
  --port NUMBER       8080 if left out; 0 for any that is free
  --name NAME         of the shop: Vitrine if left out
  --currency CODE     of its prices: EUR if left out
  --help              this text

\`npm start\` makes an example shop and its model file first, and then serves it.`

const shopFolder = fileURLToPath(new URL('.', import.meta.url))
const packageFolder = fileURLToPath(new URL('.', import.meta.resolve('vitrine')))

const types = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.safetensors': 'application/octet-stream',
}

const headers = {
  'content-security-policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
}

/**
 * A server of the shop whose model file is `store`. Every request is noted in `requests`, in order,
 * as `{ method, url }`.
 */
export function createStorefront({ store, pictures, name = 'Vitrine', currency = 'EUR' }) {
  const settings = JSON.stringify({ name, currency, pictures: readPictures(pictures) })
  const requests = []
  const server = createServer((request, response) => {
    requests.push({ method: request.method, url: request.url })
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return response.writeHead(405, { ...headers, allow: 'GET, HEAD' }).end()
    }
    const path = decodePath(request.url)
    if (path === '/shop.json') {
      return send(response, '.json', Buffer.byteLength(settings), () => response.end(settings))
    }
    const file = path === '/store.safetensors' ? store : findFile(path)
    const stats = file && statSync(file, { throwIfNoEntry: false })
    if (!stats?.isFile()) {
      return response.writeHead(404, { ...headers, 'content-type': 'text/plain' }).end('Not found')
    }
    send(response, extname(path === '/' ? file : path), stats.size, () => {
      if (request.method === 'HEAD') return response.end()
      createReadStream(file)
        .on('error', () => response.destroy())
        .pipe(response)
    })
  })
  return { server, requests }
}

function send(response, extension, length, write) {
  const kept = extension === '.svg' && { 'cache-control': 'max-age=86400' }
  response.writeHead(200, {
    ...headers,
    ...kept, // the icon: else Chromium asks for it whenever the address changes, and so tells of it
    'content-type': types[extension] ?? 'application/octet-stream',
    'content-length': length,
  })
  write()
}

function decodePath(url) {
  try {
    return decodeURIComponent(new URL(url, 'http://shop').pathname)
  } catch {
    return undefined
  }
}

/** A file of the shop's pages or, under /vitrine/, of the package; undefined for anything else. */
function findFile(path) {
  if (path === undefined || path.includes('\0')) return undefined
  if (path === '/') return join(shopFolder, 'index.html')
  const [folder, rest] = path.startsWith('/vitrine/')
    ? [packageFolder, path.slice('/vitrine/'.length)]
    : [shopFolder, path.slice(1)]
  const file = join(folder, rest)
  const inside = file.startsWith(folder.endsWith(sep) ? folder : folder + sep)
  return inside && extname(file) in types ? file : undefined
}

/**
 * The drawings of a folder, by name. They travel in one piece: a picture fetched only when it
 * scrolls into view would tell the server what the shopper looks at.
 */
function readPictures(folder) {
  if (folder === undefined) return {}
  const names = readdirSync(folder).filter((name) => name.endsWith('.svg'))
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}

function main() {
  const fail = (message) => {
    console.error(message)
    process.exit(2)
  }
  const options = {
    store: { type: 'string' },
    pictures: { type: 'string' },
    port: { type: 'string', default: '8080' },
    name: { type: 'string' },
    currency: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  }
  let values
  try {
    values = parseArgs({ options }).values
  } catch (error) {
    fail(error.message)
  }
  if (values.help) return console.log(help)
  const { store, pictures, port } = values
  if (!store) fail('--store is missing: the model file from `vitrine export`')
  if (!existsSync(store)) fail(`${store}: no such file; make it with \`vitrine export\``)
  if (pictures && !existsSync(pictures)) fail(`${pictures}: no such folder`)
  if (!(Number(port) >= 0 && Number(port) < 65536)) fail(`--port ${port}: give a number to 65535`)
  if (!existsSync(join(packageFolder, 'engine.wasm'))) fail('dist/ is missing: run `npm run build`')
  const { server } = createStorefront(values)
  server.on('error', (error) => {
    const taken = error.code === 'EADDRINUSE'
    fail(taken ? `port ${port} is taken; choose another with --port` : error.message)
  })
  server.listen(Number(port), 'localhost', () => {
    console.log(`The shop is open at http://localhost:${server.address().port}/`)
  })
}

if (argv[1] && import.meta.url === pathToFileURL(realpathSync(argv[1])).href) main()
