/** The reports of the vitrine command in a real browser, made on a shop that it has made. */
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import AxeBuilder from '@axe-core/playwright'
import { launch, watchErrors, watchNetwork } from '../support/browser.mjs'
import { makeExampleShop } from '../support/example-shop.mjs'

const screenshots = fileURLToPath(new URL('../../out/screenshots/', import.meta.url))
const views = {
  desktop: { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
}
const hostile = '<img src=x onerror="document.title=1">.safetensors'

let shop
let browser
let result
const reports = {}
before(async () => {
  mkdirSync(screenshots, { recursive: true })
  shop = makeExampleShop()
  const { path, run } = shop
  const data = ['--data', path('data')]
  run('train', ...data, '--model', 'vae', '--epochs', '4', '--hidden', '32', '--out', path('vae'))
  reports.training = path('vae/report.html')
  reports.candidates = path('model/report.html')
  reports.evaluation = path('evaluation.html')
  const out = ['--report', reports.evaluation, '--out', path('evaluation.json')]
  run('evaluate', ...data, '--model', path('model'), ...out)
  result = JSON.parse(readFileSync(path('evaluation.json'), 'utf8'))
  copyFileSync(shop.store, path(hostile))
  reports.comparison = path('comparison.html')
  run('compare', path('model'), path(hostile), ...data, '--report', reports.comparison)
  browser = await launch()
})
after(async () => {
  await browser?.close()
  shop?.remove()
})

/** Opens a report and hands it to `examine`; what it sends and logs must be nothing. */
async function open(name, options, examine) {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const errors = watchErrors(page)
  const network = await watchNetwork(page)
  const { href } = pathToFileURL(reports[name])
  await page.goto(href)
  await examine(page)
  await page.waitForTimeout(200)
  assert.deepEqual(errors, [])
  assert.deepEqual(
    network.filter((entry) => entry !== `Document GET ${href}` && !entry.includes(' data:')),
    [],
    'the page asks for nothing but itself',
  )
  await context.close()
}

suite('axe finds nothing to object to: wide and light, narrow and dark', () => {
  for (const name of ['training', 'candidates', 'evaluation', 'comparison']) {
    for (const [view, options] of Object.entries(views)) {
      test(`${name}, ${view}`, () =>
        open(name, options, async (page) => {
          const file = `${screenshots}report-${name}-${view}.png`
          await page.screenshot({ path: file, fullPage: true })
          const { violations } = await new AxeBuilder({ page }).analyze()
          const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((it) => it.html)}`)
          assert.deepEqual(found, [])
          const overflow = await page.evaluate(
            () => document.documentElement.scrollWidth - innerWidth,
          )
          assert.ok(overflow <= 0, `${overflow} px too wide`)
        }))
    }
  }
})

test('its numbers are those of the JSON', () =>
  open('evaluation', {}, async (page) => {
    for (const [task, { metrics, baselines }] of Object.entries(result.tasks)) {
      const section = page.locator(`section[aria-labelledby="${task}"]`)
      for (const [metric, { value }] of Object.entries(metrics)) {
        const row = section.locator('tr', { has: page.locator(`code:text-is("${metric}")`) })
        const cells = await row.locator('td').allTextContents()
        assert.ok(cells[0].startsWith(value.toFixed(4)), `${metric}: ${cells}`)
        const { value: other } = baselines.popularity.metrics[metric]
        assert.ok(cells[1].startsWith(other.toFixed(4)), `${metric}: ${cells}`)
      }
      const verdict = await section.locator('.verdict').textContent()
      const share = (100 * metrics['conversion@20'].value).toFixed(1)
      assert.ok(verdict.includes(`${share}\u00a0%`), verdict)
    }
  }))

test('text is large enough on a phone, and no label runs out of its plot', () =>
  open('evaluation', views.phone, async (page) => {
    const labels = await page.locator('figure > svg[role=img]').evaluateAll((plots) =>
      plots.flatMap((plot) => {
        const { left, right } = plot.getBoundingClientRect()
        return Array.from(plot.querySelectorAll('text'), (text) => {
          const box = text.getBoundingClientRect()
          return {
            words: text.textContent,
            out: box.left < left - 1 || box.right > right + 1,
            height: box.height,
          }
        })
      }),
    )
    assert.ok(labels.length > 20)
    assert.deepEqual(
      labels.filter(({ out, height }) => out || height < 11),
      [],
    )
  }))

test('on a phone every measure and its difference is in sight, without scrolling aside', () =>
  open('evaluation', views.phone, async (page) => {
    const [first] = Object.keys(result.tasks)
    assert.equal(result.models[0].task, first, 'what it was trained for comes first')
    const section = page.locator(`section[aria-labelledby="${first}"]`)
    const cells = await section.locator('td[data-label="Difference"]').evaluateAll((cells) =>
      cells.map((cell) => {
        const { left, right, height } = cell.getBoundingClientRect()
        const heading = cell.parentElement.querySelector('th').getBoundingClientRect()
        return { seen: left >= 0 && right <= innerWidth && height > 0, heading: heading.height }
      }),
    )
    assert.ok(cells.length > 10)
    assert.deepEqual(
      cells.filter(({ seen, heading }) => !seen || heading > 130),
      [],
    )
    const groups = section.locator('tr', { hasText: /^[\d–,]+ events/ })
    assert.ok((await groups.count()) > 0)
    for (const group of await groups.all()) {
      const tops = await group.locator('td').evaluateAll((cells) => cells.map((it) => it.offsetTop))
      assert.deepEqual(
        tops.map((top) => tops.filter((other) => other === top).length),
        [2, 2, 2, 2],
        'no cell stands alone in its line',
      )
    }
    const height = await page.evaluate(() => document.documentElement.scrollHeight)
    assert.ok(height < 12_000, `${height} px high`)
  }))

test('a file name is text, whatever it holds', () =>
  open('comparison', {}, async (page) => {
    assert.equal(await page.locator('img').count(), 0)
    assert.ok((await page.locator('h1').textContent()).endsWith(hostile))
    assert.match(await page.title(), /Vitrine$/)
    const said = await page.locator('section[aria-labelledby="method"]').textContent()
    assert.match(said, /hold the same model, in f32 and in int8/)
  }))

test('on paper it is light, whole and without navigation', () =>
  open('evaluation', { colorScheme: 'dark' }, async (page) => {
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    const paper = await page.evaluate(
      () => getComputedStyle(document.documentElement).backgroundColor,
    )
    assert.equal(paper, 'rgb(255, 255, 255)')
    assert.equal(await page.locator('nav').isVisible(), false)
    const tables = page.locator('details table')
    assert.ok((await tables.count()) > 3)
    for (const table of await tables.all()) {
      const { height } = await table.boundingBox()
      assert.ok(height > 50, 'what is folded on a screen is whole on paper')
    }
    const pdf = await page.pdf({ format: 'A4' })
    assert.ok(pdf.length > 10_000)
  }))
