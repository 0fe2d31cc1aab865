/** The demo shop in a real browser, on a shop that the vitrine command has made. */
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { after, afterEach, before, beforeEach, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import AxeBuilder from '@axe-core/playwright'
import { createStorefront } from '../../examples/storefront/serve.mjs'
import { launch, listen, watchErrors, watchNetwork } from '../support/browser.mjs'
import { makeExampleShop } from '../support/example-shop.mjs'

const screenshots = fileURLToPath(new URL('../../out/screenshots/', import.meta.url))
const sizes = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
}

let shop
let server
let requests
let base
let browser
before(async () => {
  mkdirSync(screenshots, { recursive: true })
  shop = makeExampleShop()
  ;({ server, requests } = createStorefront(shop))
  base = await listen(server)
  browser = await launch()
})
after(async () => {
  await browser?.close()
  server?.close()
  shop?.remove()
})

let context
let page
let errors
let network
beforeEach(async () => {
  context = await browser.newContext({ viewport: sizes.desktop })
  page = await context.newPage()
  errors = watchErrors(page)
  network = await watchNetwork(page)
})
afterEach(async () => {
  await context.close()
  assert.deepEqual(errors, [], 'the page logged errors or broke its policy')
})

async function open(path = '') {
  await page.goto(base + path)
  await page.waitForSelector('.for-you .title, main:not([aria-busy]) .grid .title')
}

const shelf = () => page.locator('.shelf .card')
const shelfIds = () => shelf().evaluateAll((cards) => cards.map((card) => card.dataset.id))
const fact = (name) => page.locator(`[data-fact="${name}"]`).textContent()

test('the shop opens: products with names, prices and pictures', async () => {
  await open()
  assert.match(await page.title(), /Vitrine/)
  const cards = page.locator('main .grid .card')
  assert.equal(await cards.count(), 24)
  for (const part of ['.title', '.price', '.brand', '.picture svg']) {
    assert.equal(await cards.locator(part).count(), 24, part)
  }
  assert.match(await cards.first().locator('.price').textContent(), /\d/)
  await page.getByRole('button', { name: 'Show more' }).click()
  assert.equal(await cards.count(), 48)
})

test('the row follows what the shopper does', async () => {
  await open()
  assert.equal(await page.locator('#for-you').textContent(), 'Most loved')
  const popular = await shelfIds()
  await shelf().nth(2).locator('a').click()
  await page.waitForFunction(() => document.querySelector('#for-you').textContent === 'For you')
  const first = await shelfIds()
  assert.notDeepEqual(first, popular)
  assert.ok(!first.includes(popular[2]), 'the product on display is not in its own row')
  await shelf().nth(4).locator('a').click()
  await page.waitForTimeout(50)
  assert.notDeepEqual(await shelfIds(), first)
})

test('the row reflects a click before the next frame', async () => {
  await open()
  for (const place of [1, 3, 0, 5, 2]) {
    const { before, after } = await page.evaluate((place) => {
      const ids = () => Array.from(document.querySelectorAll('.shelf .card'), (it) => it.dataset.id)
      const before = ids().join()
      // Two callbacks of one frame: what the second one sees is what that frame will paint.
      requestAnimationFrame(() => document.querySelectorAll('.shelf .card a')[place].click())
      return new Promise((resolve) => {
        requestAnimationFrame(() => resolve({ before, after: ids().join() }))
      })
    }, place)
    assert.notEqual(after, before)
  }
})

test('after loading, nothing reaches the server or leaves the browser', async () => {
  await open()
  await page.waitForLoadState('networkidle')
  await page.waitForTimeout(500) // the icon comes after everything else
  const [atServer, atBrowser] = [requests.length, network.length]

  for (const place of [2, 0, 5]) await shelf().nth(place).locator('a').click()
  await page.locator('.stars label').nth(3).click()
  await page.getByRole('button', { name: 'Add to cart' }).click()
  await page.mouse.wheel(0, 3000)
  await page.getByRole('searchbox').fill('mug')
  await page.locator('.categories .some-categories a').first().click()
  await page.mouse.wheel(0, 20_000)
  await page.goBack()
  await page.goForward()
  await page.getByRole('link', { name: /Cart/ }).click()
  await page.getByRole('button', { name: /One more/ }).click()
  await page.getByRole('button', { name: 'Place order' }).click()
  await page.getByRole('button', { name: 'What this page knows' }).click()
  await page.waitForTimeout(1000)

  assert.deepEqual(requests.slice(atServer), [])
  // The browser takes the icon from its cache whenever the address changes.
  const sent = network.slice(atBrowser).filter((entry) => !entry.endsWith('/favicon.svg'))
  assert.deepEqual(sent, [])
  assert.equal(await fact('sent'), 'nothing sent')
})

test('a request after loading would be noticed: by the server, the watch and the page', async () => {
  await open()
  await page.waitForTimeout(300)
  const atServer = requests.length
  await page.evaluate(() => navigator.sendBeacon('/beacon', 'x'))
  await page.evaluate(() => fetch('/shop.json?secret').then((response) => response.text()))
  await page.waitForFunction(
    () => !document.querySelector('[data-fact="sent"]').textContent.includes('nothing'),
  )
  const urls = requests.slice(atServer).map(({ url }) => url)
  assert.deepEqual(urls.sort(), ['/beacon', '/shop.json?secret'])
  assert.ok(network.some((entry) => entry.endsWith('/beacon')))
  errors.length = 0 // the server refuses the beacon, and the browser says so
})

test('the panel shows the history, and forgets it', async () => {
  await open()
  const title = await shelf().nth(1).locator('.title').textContent()
  await shelf().nth(1).locator('a').click()
  await page.locator('.stars label').nth(4).click()
  await page.getByRole('button', { name: 'What this page knows' }).click()
  const events = page.locator('.events li')
  assert.equal(await events.count(), 2)
  assert.match(await events.first().textContent(), /★★★★★/)
  assert.ok((await events.last().textContent()).includes(title))
  assert.match(await page.locator('#insight-panel').textContent(), /linear, .*Products2\d\d/)

  await page.getByRole('button', { name: 'Forget everything' }).click()
  assert.equal(await events.count(), 0)
  assert.equal(await fact('clicks'), '0 events')
  assert.equal(await page.locator('#for-you').textContent(), 'Most loved')
})

test('the cart counts, and an order becomes history', async () => {
  await open()
  await shelf().first().locator('a').click()
  const add = page.locator('.facts .button')
  await add.click()
  await add.click()
  assert.equal(await page.locator('#cart-count').textContent(), '2')
  await page.getByRole('link', { name: /Cart/ }).click()
  await page.getByRole('button', { name: /One less/ }).click()
  assert.equal(await page.locator('#cart-count').textContent(), '1')
  await page.getByRole('button', { name: 'Place order' }).click()
  assert.equal(await page.locator('#cart-count').isVisible(), false)
  await page.getByRole('button', { name: 'What this page knows' }).click()
  assert.match(await page.locator('.events li').first().textContent(), /^Ordered/)
})

test('the cart keeps the focus through its changes, and says thank you', async () => {
  await open()
  await shelf().first().locator('a').click()
  await page.locator('.facts .button').click()
  await page.getByRole('link', { name: /Cart/ }).click()
  const focused = () =>
    page.evaluate(
      () => document.activeElement.getAttribute('aria-label') ?? document.activeElement.id,
    )
  await page.getByRole('button', { name: /One more/ }).focus()
  for (const pieces of ['2', '3']) {
    await page.keyboard.press('Enter')
    assert.equal(await page.locator('.stepper > span').textContent(), pieces)
    assert.match(await focused(), /^One more/)
  }
  await page.getByRole('button', { name: 'Place order' }).focus()
  await page.keyboard.press('Enter')
  assert.equal(await focused(), 'main')
  const main = page.locator('main')
  assert.match(await main.textContent(), /Thank you. Your order was noted/)
  await shelf().first().locator('a').click()
  await page.getByRole('link', { name: /Cart/ }).click()
  assert.match(await main.textContent(), /Nothing in it yet/)
})

test('a search that finds nothing says so, and the shop goes on', async () => {
  await open()
  await page.getByRole('searchbox').fill('zzzz')
  const main = page.locator('main')
  assert.match(await main.textContent(), /Nothing by that name/)
  assert.equal(await page.locator('#status').textContent(), 'Nothing by that name.')
  assert.equal(await shelf().locator('.title').count(), 12)
  await page.getByRole('searchbox').fill('zzzz tea')
  assert.match(await main.textContent(), /Try one less/)
})

test('the panel gives way to the page that the shopper goes to', async () => {
  for (const viewport of Object.values(sizes)) {
    await page.setViewportSize(viewport)
    await open()
    const panel = page.locator('#insight-panel')
    const openPanel = () => page.getByRole('button', { name: 'What this page knows' }).click()
    await openPanel()
    assert.ok(await panel.isVisible())
    await page.getByRole('link', { name: /Cart/ }).click()
    assert.ok(!(await panel.isVisible()), 'it hides the cart')
    await openPanel()
    await page.goBack()
    assert.ok(!(await panel.isVisible()), 'it hides the page before')
    await openPanel()
    await page.getByRole('searchbox').fill('tea')
    assert.ok(!(await panel.isVisible()), 'it hides what was found')
  }
})

test('a reload forgets the visit, unless the shopper lets the tab keep it', async () => {
  const stored = () => page.evaluate(() => Object.keys(sessionStorage))
  const reload = async () => {
    await page.reload()
    await page.waitForSelector('.for-you .title')
  }
  const visit = async () => {
    await page.goto(`${base}#/`)
    await page.waitForSelector('.for-you .title')
    await shelf().first().locator('a').click()
    await page.locator('.facts .button').click()
  }
  await visit()
  assert.deepEqual(await stored(), [], 'nothing is stored without leave')
  await page.getByRole('button', { name: 'What this page knows' }).click()
  assert.match(await page.locator('#kept').textContent(), /a reload forgets them/)
  await page.goto(`${base}#/`)
  await reload()
  assert.equal(await fact('clicks'), '0 events')
  assert.ok(!(await page.locator('#cart-count').isVisible()))

  await visit()
  await page.getByRole('button', { name: 'What this page knows' }).click()
  await page.getByLabel('Keep my visit over a reload').check()
  assert.match(await page.locator('#kept').textContent(), /outlive a reload/)
  await page.locator('.wordmark').click()
  await page
    .getByRole('button', { name: /^Not for me/ })
    .first()
    .click()
  const [list, events] = [await shelfIds(), await fact('clicks')]
  await reload()
  assert.deepEqual(await shelfIds(), list)
  assert.equal(await fact('clicks'), events)
  assert.equal(await page.locator('#cart-count').textContent(), '1')

  await page.getByRole('button', { name: 'What this page knows' }).click()
  await page.getByLabel('Keep my visit over a reload').uncheck()
  assert.deepEqual(await stored(), [])
})

test('what the tab kept in another shape is forgotten, and the shop opens', async () => {
  await open()
  const id = await shelf().first().getAttribute('data-id')
  const seen = { type: 'view', id, time: Date.now() }
  for (const text of [
    '{"history": [',
    'null',
    JSON.stringify({ history: [seen], dismissed: [id] }),
    JSON.stringify({ history: ['view'], dismissed: [], cart: [[id, 1]] }),
    JSON.stringify({ history: [seen], dismissed: [], cart: [[id, 'many']] }),
  ]) {
    await page.evaluate((text) => sessionStorage.setItem('vitrine-visit', text), text)
    await page.reload()
    await page.waitForSelector('.for-you .title')
    assert.deepEqual(await page.evaluate(() => Object.keys(sessionStorage)), [], text)
    assert.equal(await fact('clicks'), '0 events', text)
    assert.equal(await page.locator('#cart-count').isVisible(), false, text)
    assert.ok((await shelfIds()).includes(id), text)
  }
})

test('an engine that cannot learn is said to fail, in place of the shop', async () => {
  await page.route('**/vitrine/index.js', (route) =>
    route.fulfill({
      contentType: 'text/javascript',
      body: `import { createRecommender as create } from './index.js?itself'
        export async function createRecommender(options) {
          const recommender = await create(options)
          recommender.adapt = () => Promise.reject(new Error('the engine failed'))
          return recommender
        }`,
    }),
  )
  await page.goto(base)
  await page.waitForSelector('main:not([aria-busy]) h1')
  assert.match(await page.locator('main').textContent(), /could not be opened.*the engine failed/)
  assert.equal(errors.length, 1, 'logged once, and handled')
  errors.length = 0
})

test('a recommended product says why it is there', async () => {
  await open()
  assert.equal(await page.locator('.answers').count(), 0, 'best-sellers are for everybody')
  const title = await shelf().nth(1).locator('.title').textContent()
  await shelf().nth(1).locator('a').click()
  const why = shelf().first().getByRole('button', { name: /^Why/ })
  await why.focus()
  await page.keyboard.press('Enter')
  const reason = shelf().first().locator('.reason')
  assert.equal(await reason.textContent(), `Because you looked at ${title}`)
  assert.equal(await why.getAttribute('aria-expanded'), 'true')
  assert.equal(await page.locator('#status').textContent(), await reason.textContent())
  await page.keyboard.press('Enter')
  assert.ok(!(await reason.isVisible()))
})

test('every deed that speaks for a product has its words', async () => {
  await open()
  const id = await shelf().first().getAttribute('data-id')
  const title = await shelf().first().locator('.title').textContent()
  const deeds = {
    view: 'looked at',
    click: 'chose',
    cart: 'chose',
    wish: 'saved',
    purchase: 'ordered',
    rate: 'rated',
    review: 'reviewed',
  }
  for (const [type, deed] of Object.entries(deeds)) {
    const history = [{ type, id, time: Date.now() - 60_000, value: 4 }]
    const visit = JSON.stringify({ history, dismissed: [], cart: [] })
    await page.evaluate((text) => sessionStorage.setItem('vitrine-visit', text), visit)
    await page.reload()
    await page.waitForSelector('.shelf .answers')
    await shelf().first().getByRole('button', { name: /^Why/ }).click()
    const reason = shelf().first().locator('.reason')
    assert.equal(await reason.textContent(), `Because you ${deed} ${title}`, type)
  }
})

test('a product that is not for the shopper leaves the row for good', async () => {
  await open()
  await shelf().nth(1).locator('a').click()
  const before = await shelfIds()
  const refuse = shelf()
    .nth(2)
    .getByRole('button', { name: /^Not for me/ })
  await refuse.focus()
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => document.activeElement.matches('.shelf a'))
  const after = await shelfIds()
  assert.ok(!after.includes(before[2]))
  assert.equal(after.length, before.length)
  const place = await page.evaluate(() => document.activeElement.closest('.card').dataset.id)
  assert.equal(place, after[2], 'the focus is where it was')
  await page.locator('.wordmark').click()
  await shelf().first().locator('a').click()
  assert.ok(!(await shelfIds()).includes(before[2]))
  await page.getByRole('button', { name: 'What this page knows' }).click()
  assert.match(await page.locator('.events').textContent(), /Not for me/)
})

test('the row scrolls by its arrows and ends with a whole card; the grid begins otherwise', async () => {
  await open()
  const { width } = await shelf().first().boundingBox()
  const row = await page.locator('.shelf').boundingBox()
  const last = await shelf().nth(5).boundingBox()
  assert.ok(last.x + width <= row.x + row.width)
  assert.ok((await shelf().nth(6).boundingBox()).x >= row.x + row.width - 1)
  const [back, on] = ['Earlier', 'Further'].map((name) => page.getByRole('button', { name }))
  assert.equal(await back.getAttribute('aria-disabled'), 'true')
  await on.click()
  await page.waitForFunction(() => document.querySelector('.shelf').scrollLeft > 100)
  await page.waitForFunction(
    () => !document.querySelector('.arrows [aria-label^="Earlier"][aria-disabled="true"]'),
  )
  const loved = new Set(await page.locator('.shelf .title').allTextContents())
  const grid = await page.locator('.grid .title').allTextContents()
  assert.deepEqual(
    grid.filter((title) => loved.has(title)),
    [],
  )
  const columns = await page.locator('.grid').evaluate((it) => {
    return getComputedStyle(it).gridTemplateColumns.split(' ').length
  })
  assert.equal(grid.length % columns, 0, 'the last row is whole')
})

test('addresses can be opened directly, and unknown ones say so', async () => {
  await open()
  const href = await shelf().first().locator('a').getAttribute('href')
  const title = await shelf().first().locator('.title').textContent()
  await open(href)
  assert.equal(await page.locator('h1').textContent(), title)
  await open('#/product/none')
  assert.match(await page.locator('h1').textContent(), /not here any more/)
  await open('#/category/%E0%A4%A')
  assert.match(await page.locator('h1').textContent(), /empty/)
})

test('it works by keyboard alone', async () => {
  await open()
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main')
  await shelf().nth(3).locator('a').focus()
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main')
  await page.locator('.stars input').first().focus()
  await page.keyboard.press('ArrowRight')
  assert.equal(await page.locator('.stars input:checked').getAttribute('value'), '2')
  await page.locator('#insight-bar').focus()
  await page.keyboard.press('Enter')
  assert.ok(await page.locator('#insight-panel').isVisible())
  await page.keyboard.press('Escape')
  assert.ok(!(await page.locator('#insight-panel').isVisible()))
  assert.equal(await page.evaluate(() => document.activeElement.id), 'insight-bar')
})

test('nothing on the page moves by itself', async () => {
  await page.addInitScript(() => {
    globalThis.shifts = []
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput } of list.getEntries()) {
        if (!hadRecentInput) globalThis.shifts.push(value)
      }
    }).observe({ type: 'layout-shift', buffered: true })
  })
  await open()
  await page.waitForTimeout(500)
  const shift = await page.evaluate(() => globalThis.shifts.reduce((sum, it) => sum + it, 0))
  assert.ok(shift < 0.01, `cumulative layout shift ${shift}`)
})

suite('axe finds nothing to object to, on every page, at every size, by day and by night', () => {
  const views = Object.entries(sizes).flatMap(([name, viewport]) => [
    { size: name, viewport, colorScheme: 'light' },
    { size: `${name}-dark`, viewport, colorScheme: 'dark' },
  ])
  for (const { size, viewport, colorScheme } of views) {
    test(size, async () => {
      await page.setViewportSize(viewport)
      await page.emulateMedia({ reducedMotion: 'reduce', colorScheme })
      await open()
      const examine = async (name) => {
        await page.screenshot({ path: `${screenshots}${size}-${name}.png` })
        const { violations } = await new AxeBuilder({ page }).analyze()
        const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((it) => it.html)}`)
        assert.deepEqual(found, [], `${size}, ${name}`)
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - innerWidth,
        )
        assert.ok(overflow <= 0, `${name} is ${overflow} px too wide`)
      }
      await examine('home')
      await shelf().nth(1).locator('a').click()
      await examine('product')
      await page.locator('.facts .button').click()
      await page.getByRole('link', { name: /Cart/ }).click()
      await page.getByRole('button', { name: /^Why/ }).first().click()
      await examine('cart')
      await page.locator('#insight-bar').click()
      await examine('knows')
      await page.keyboard.press('Escape')
      await page.getByRole('searchbox').fill('tea')
      await examine('search')
      await page.locator('.categories summary').click()
      await examine('categories')
      const menu = page.locator('.all-categories')
      assert.ok(await menu.evaluate((it) => it.scrollWidth <= it.clientWidth), 'all are below')
      await page.goBack()
      assert.ok(!(await menu.isVisible()), 'the menu gives way to the page that is gone to')
    })
  }
})

test('before the first click a gan fills the row, from what the page knows', async () => {
  const own = makeExampleShop({ model: 'gan', flags: ['--epochs', '2', '--no-refit'] })
  const { server } = createStorefront(own)
  try {
    await page.goto(await listen(server))
    const titled = (title) =>
      page.waitForFunction(
        (title) => document.querySelector('#for-you').textContent === title,
        title,
      )
    await titled('For a start')
    const made = await shelfIds()
    assert.equal(made.length, 12)
    await shelf().nth(1).locator('a').click()
    await titled('For you')
    assert.notDeepEqual(await shelfIds(), made)
  } finally {
    server.close()
    own.remove()
  }
})

test('a model file that is damaged is said to be, in one sentence', async () => {
  await page.route('**/store.safetensors', (route) => route.fulfill({ body: 'not a model' }))
  await page.goto(base)
  await page.waitForSelector('h1')
  assert.match(await page.locator('main').textContent(), /is it a model file.*\(bad-format\)/)
  errors.length = 0 // the page logs it as well
})
