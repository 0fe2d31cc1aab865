/** What outlives a reload, by the shopper's leave: kept in sessionStorage, which ends with the tab. */
import { emptyCart, packCart, unpackCart } from './shop.js'
import { forget, onChange, pack, resume } from './visit.js'

const key = 'vitrine-visit'

/** Goes on with what an earlier page of this tab kept, and keeps what follows where it may. */
export async function openMemory() {
  if (isKept()) await unpack(sessionStorage.getItem(key))
  onChange(() => isKept() && mayKeep(true))
}

/** Text that another version wrote, or another hand, is nothing to go on with: it is forgotten whole. */
async function unpack(text) {
  try {
    const { cart, ...visit } = JSON.parse(text)
    unpackCart(cart)
    await resume(visit)
  } catch {
    mayKeep(false)
    emptyCart()
    await forget()
  }
}

/** Whether the shopper has given leave; without it nothing is stored. */
export function isKept() {
  try {
    return sessionStorage.getItem(key) !== null
  } catch {
    return false // the browser allows no storage
  }
}

/** Gives leave, or takes it back and with it what was kept. */
export function mayKeep(may) {
  try {
    if (may) sessionStorage.setItem(key, JSON.stringify({ ...pack(), cart: packCart() }))
    else sessionStorage.removeItem(key)
  } catch {
    // No storage, or no room in it: nothing more is kept, and the panel says what is.
  }
}
