/**
 * Firefox and WebKit, for tests that ask whether another engine computes the same. Neither is a
 * must: where one is not installed, `missing` says so.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

const firefox = '/usr/bin/firefox-esr'
const webKitDriver = '/usr/bin/WebKitWebDriver'
const miniBrowser = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser'
const screen = '/usr/bin/xvfb-run'

/** Why a browser cannot be run, or false: as `skip` of a test wants it. */
export const missing = {
  firefox: !existsSync(firefox) && 'firefox-esr is not installed',
  webkit:
    ![webKitDriver, miniBrowser, screen].every(existsSync) &&
    'webkit2gtk-driver, xvfb or xauth is not installed',
}

/** What the page at `address` leaves in `window.result`, in a Firefox with these preferences. */
export async function resultInFirefox(address, preferences = {}) {
  const { default: puppeteer } = await import('puppeteer-core')
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: firefox,
    headless: true,
    extraPrefsFirefox: preferences,
  })
  try {
    const page = await browser.newPage()
    await page.goto(address)
    return await poll(() => page.evaluate('window.result'))
  } finally {
    await browser.close()
  }
}

/** The same in WebKit with these environment variables. */
export async function resultInWebKit(address, environment = {}) {
  const page = await openWebKit(address, environment)
  try {
    return await poll(() => page.run('sync', 'return window.result'))
  } finally {
    await page.close()
  }
}

/**
 * A page in WebKit, by plain WebDriver: `run` a script of kind `sync`, which returns its result, or
 * `async`, which hands it to its last argument; `close` ends the browser.
 */
export async function openWebKit(address, environment = {}) {
  const port = 20000 + (process.pid % 20000)
  const driver = spawn(
    screen,
    ['-a', '-s', '-screen 0 1280x800x24', webKitDriver, `--port=${port}`, '--host=127.0.0.1'],
    { stdio: 'ignore', detached: true, env: { ...process.env, ...environment } },
  )
  const stop = () => process.kill(-driver.pid) // the driver and its screen
  const send = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      body: body && JSON.stringify(body),
    })
    const { value } = await response.json()
    if (!response.ok) throw new Error(`WebKitWebDriver: ${value.message}`)
    return value
  }
  try {
    await poll(() => send('GET', '/status').catch(() => undefined))
    const options = { binary: miniBrowser, args: ['--automation'] }
    const alwaysMatch = { 'webkitgtk:browserOptions': options, timeouts: { script: 600_000 } }
    const { sessionId } = await send('POST', '/session', { capabilities: { alwaysMatch } })
    const session = `/session/${sessionId}`
    await send('POST', `${session}/url`, { url: address })
    return {
      run: (kind, script, ...args) => send('POST', `${session}/execute/${kind}`, { script, args }),
      close: () => send('DELETE', session).finally(stop),
    }
  } catch (error) {
    stop()
    throw error
  }
}

async function poll(ask) {
  for (const end = Date.now() + 120_000; Date.now() < end; await delay(200)) {
    const answer = await ask()
    if (answer !== undefined && answer !== null) return answer
  }
  throw new Error('the page gave no result within two minutes')
}
