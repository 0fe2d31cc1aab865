/**
 * Keeps a model file on the device, in Cache Storage: a later visit downloads it only where it has
 * changed, and goes on without a network. What is kept has been checked against its hash, and is
 * checked again whenever it is loaded.
 */
import type { Engine } from './engine.js'
import { fetchModel, openModel } from './load.js'
import { type LoadedModel, loadModel } from './model-file.js'

const cacheName = 'vitrine'
const chunkBytes = 1 << 20

/** Begins the download of the model at `address`; what it gives loads it into an engine. */
export async function openKeptModel(
  address: string | URL,
  signal?: AbortSignal,
): Promise<(engine: Engine) => Promise<LoadedModel>> {
  const cache = await caches.open(cacheName)
  const kept = await cache.match(address)
  const ask = (options: RequestInit) => fetchModel(address, { signal: signal ?? null, ...options })
  const asked = ask({ headers: changedSince(address, kept) })
  asked.catch(() => {}) // reported below

  return async (engine) => {
    const load = async (response: Response) => loadModel(await openModel(response, signal), engine)
    const loadNew = async (response: Response) => {
      const model = await load(response)
      // Not waited for; where it fails, the next visit tries again.
      cache
        .put(address, new Response(stream(engine, model), { headers: identity(response) }))
        .catch(() => {})
      return model
    }
    let response: Response
    try {
      response = await asked
      if (kept === undefined || response.status !== 304) return await loadNew(response)
    } catch (error) {
      if (signal?.aborted || kept === undefined) throw error
      return load(kept) // what came before goes on working
    }
    try {
      return await load(kept)
    } catch {
      signal?.throwIfAborted()
      await cache.delete(address) // damaged on the device
      return loadNew(await ask({ cache: 'reload' }))
    }
  }
}

/** Asks for the file only if it is another. Another origin would have to allow these headers. */
function changedSince(address: string | URL, kept: Response | undefined): Record<string, string> {
  const etag = kept?.headers.get('etag')
  const modified = kept?.headers.get('last-modified')
  if (new URL(address, location.href).origin !== location.origin) return {}
  if (etag) return { 'if-none-match': etag }
  return modified ? { 'if-modified-since': modified } : {}
}

/** What a later visit asks by. */
function identity({ headers }: Response): Record<string, string> {
  const named = ['etag', 'last-modified'].map((name) => [name, headers.get(name)])
  return Object.fromEntries(named.filter(([, value]) => value !== null))
}

/** The file anew from the engine's memory, so that no second copy of it waits for its hash. */
function stream(engine: Engine, { header, bytes }: LoadedModel): ReadableStream<Uint8Array> {
  const payloadBytes = bytes - header.length
  let sent = 0
  return new ReadableStream({
    start: (controller) => controller.enqueue(header),
    pull(controller) {
      if (sent === payloadBytes) return controller.close()
      const end = Math.min(sent + chunkBytes, payloadBytes)
      controller.enqueue(engine.read(sent, end))
      sent = end
    },
  })
}
