/** What native and Node are held to, in a page under the strict policy. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { launch, listen, watchErrors } from '../support/browser.mjs'
import { readFeatureCases, readServeCases } from '../support/golden-files.mjs'
import { packageFiles } from '../support/package-files.mjs'

const files = {
  '/': ['text/html', '<!doctype html><title>Golden cases</title>'],
  ...packageFiles,
  '/golden.mjs': [
    'text/javascript',
    readFileSync(new URL('../support/golden.mjs', import.meta.url)),
  ],
}
const cases = new Map()
for (const { golden, file } of readServeCases()) {
  cases.set(golden.model, { check: 'differencesFromGolden', golden, file })
}
for (const { golden, file } of readFeatureCases()) {
  cases.set(golden.says, { check: 'differencesFromFeatures', golden, file })
}

let browser
let server
let page
let errors
before(async () => {
  server = createServer(({ url }, response) => {
    const name = decodeURIComponent(url.slice(1))
    const [type, body] = files[url] ?? ['application/octet-stream', cases.get(name)?.file]
    const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'"
    const status = body === undefined ? 404 : 200
    response.writeHead(status, { 'content-type': type, 'content-security-policy': policy })
    response.end(body)
  })
  const base = await listen(server)
  browser = await launch()
  page = await browser.newPage()
  errors = watchErrors(page)
  await page.route('**/favicon.ico', (route) => route.fulfill({ status: 204 }))
  await page.goto(base)
})
after(async () => {
  await browser?.close()
  server?.close()
})

for (const [name, { check, golden }] of cases) {
  test(name, async () => {
    const differences = await page.evaluate(
      async ({ name, check, golden }) => {
        const checks = await import('/golden.mjs')
        const vitrine = await import('/index.js')
        return checks[check](vitrine, `/${encodeURIComponent(name)}`, golden)
      },
      { name, check, golden },
    )
    assert.deepEqual(differences, [])
  })
}

test('none of it broke the policy or reached the console', () => {
  assert.ok(cases.size > 0)
  assert.deepEqual(errors, [])
})
