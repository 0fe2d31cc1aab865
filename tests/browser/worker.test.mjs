/** The engine in a page's worker: a click there is in the list before the page paints again. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { launch, listen, watchErrors } from '../support/browser.mjs'
import { readServeCases } from '../support/golden-files.mjs'
import { packageFiles } from '../support/package-files.mjs'

const { golden, file } = readServeCases().find(({ golden }) => golden.model.startsWith('vae'))
const worker = `
  import { createRecommender } from '/index.js'
  const vitrine = await createRecommender({ model: '/store.safetensors' })
  onmessage = async ({ data }) => {
    vitrine.track({ event: 'view_item', item_id: data })
    const { items } = await vitrine.recommend({ count: 5 })
    postMessage(items.map(({ id }) => id).join())
  }
  postMessage('ready')`
const files = {
  '/': ['text/html', '<!doctype html><title>A worker</title>'],
  '/worker.mjs': ['text/javascript', worker],
  '/store.safetensors': ['application/octet-stream', file],
  '/favicon.ico': ['image/x-icon', ''],
  ...packageFiles,
}

let browser
let server
before(async () => {
  server = createServer(({ url }, response) => {
    const [type, body] = files[url] ?? []
    const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'"
    const status = body === undefined ? 404 : 200
    response.writeHead(status, { 'content-type': type ?? '', 'content-security-policy': policy })
    response.end(body)
  })
})
after(async () => {
  await browser?.close()
  server?.close()
})

test('a list from a worker follows a click before the next frame', async () => {
  const base = await listen(server)
  browser = await launch()
  const page = await browser.newPage()
  const errors = watchErrors(page)
  await page.goto(base)
  const clicked = golden.cases.flatMap(({ history }) => history.map(({ item }) => item))
  const { lists, inTime } = await page.evaluate(async (clicked) => {
    const worker = new Worker('/worker.mjs', { type: 'module' })
    const reply = () => new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)))
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    await reply()
    const lists = []
    let inTime = 0
    for (const id of clicked) {
      await frame()
      worker.postMessage(id)
      const list = reply()
      const first = await Promise.race([list, frame()])
      if (typeof first === 'string') inTime += 1
      lists.push(await list)
    }
    return { lists, inTime }
  }, clicked)
  assert.ok(new Set(lists).size > 1, 'lists follow the clicks')
  // A busy machine may hold up a frame or a message now and then.
  assert.ok(inTime > clicked.length / 2, `${inTime} of ${clicked.length} clicks`)
  assert.deepEqual(errors, [])
})
