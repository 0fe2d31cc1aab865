/** Makes elements. */

/**
 * `h('a', { class: 'card', href: '#/' }, 'text', child)`. A property that is a function listens to
 * the event of its name; false and undefined are left out, as are such children.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name, value)
    else if (value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? '' : value)
    }
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== false))
  return element
}

/** An icon of one path, drawn in the colour of the text. */
export function icon(path) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  const shape = document.createElementNS(svg.namespaceURI, 'path')
  shape.setAttribute('d', path)
  svg.append(shape)
  return svg
}

/** Tells those who cannot see the change. */
export function announce(text) {
  document.getElementById('status').textContent = text
}
