/** How a contender in the page gets at its files, which lie under `address`. */
export function pageFiles(address) {
  return {
    load: async (file) => (await fetch(address + file)).arrayBuffer(),
    address: (file) => address + file,
    libraries: '/bundles/',
  }
}
