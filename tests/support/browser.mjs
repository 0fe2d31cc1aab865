/** Opens Debian's chromium on the demo shop, and notices everything that goes over the wire. */
import { existsSync } from 'node:fs'
import { env } from 'node:process'
import { chromium } from 'playwright-core'

const executablePath = env.VITRINE_CHROMIUM ?? '/usr/bin/chromium'

export const launch = () => {
  if (!existsSync(executablePath)) throw new Error(`${executablePath}: not there; install chromium`)
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** Starts a server on a free port and returns the address of its root. */
export async function listen(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${server.address().port}/`
}

/**
 * Everything that a page does on the network, seen from outside the page: requests of every scheme,
 * web sockets, web transports and peer connections, in the page and in whatever workers it starts.
 */
export async function watchNetwork(page) {
  const seen = []
  const watch = async (session) => {
    session.on('Network.requestWillBeSent', ({ request, type }) => {
      seen.push(`${type} ${request.method} ${request.url}`)
    })
    session.on('Network.webSocketCreated', ({ url }) => seen.push(`WebSocket ${url}`))
    session.on('Network.webTransportCreated', ({ url }) => seen.push(`WebTransport ${url}`))
    session.on('Network.directTCPSocketCreated', ({ remoteAddr }) => seen.push(`TCP ${remoteAddr}`))
    await session.send('Network.enable')
  }
  await watch(await page.context().newCDPSession(page))
  page.on('worker', (worker) => seen.push(`Worker ${worker.url()}`))
  page.context().on('serviceworker', (worker) => seen.push(`ServiceWorker ${worker.url()}`))
  return seen
}

/** Errors of every kind that the page runs into: uncaught, logged, or against the policy. */
export function watchErrors(page) {
  const errors = []
  page.on('pageerror', (error) => errors.push(error.stack))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) errors.push(message.text())
  })
  page.on('crash', () => errors.push('the page crashed'))
  return errors
}
