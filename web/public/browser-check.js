// Runs before the app, in any browser, so it is written for old ones (ES5). When the app cannot start, it says why.
;(function () {
  // What the app calls while it loads or everywhere in it: Chrome 119, Firefox 125, Safari 17.4.
  function isTooOld() {
    try {
      var sets = new RegExp('\\p{RGI_Emoji}', 'v')
      return !(
        sets.unicodeSets &&
        typeof Promise.withResolvers === 'function' &&
        typeof AbortSignal.any === 'function' &&
        typeof Intl.Segmenter === 'function' &&
        typeof BroadcastChannel === 'function' &&
        typeof [].toSorted === 'function' &&
        typeof HTMLDialogElement.prototype.showModal === 'function'
      )
      // oxlint-disable-next-line no-unused-vars -- `catch` without a name is newer than ES5
    } catch (_error) {
      // An older browser throws for the flag.
      return true
    }
  }

  function show(title, detail, action) {
    var root = document.getElementById('root')
    // The app is there.
    if (!root || root.firstChild) return
    var box = document.createElement('div')
    box.setAttribute('data-start-failure', '')
    box.setAttribute('role', 'alert')
    var heading = document.createElement('h1')
    heading.appendChild(document.createTextNode(title))
    var text = document.createElement('p')
    text.appendChild(document.createTextNode(detail))
    box.appendChild(heading)
    box.appendChild(text)
    if (action) {
      var button = document.createElement('button')
      button.appendChild(document.createTextNode(action))
      button.onclick = function () {
        location.reload()
      }
      box.appendChild(button)
    }
    root.appendChild(box)
  }

  function showTooOld() {
    show(
      'Your browser is too old for Parley',
      'Parley needs Chrome or Edge 119, Firefox 125, Safari 17.4, or a later version. Update your browser, then open this page again.'
    )
  }

  function showFailure() {
    if (isTooOld()) return showTooOld()
    show('Parley could not start', 'Check your network connection, then reload the page.', 'Reload')
  }

  // A script that is missing or cannot be parsed, and an exception while the app loads. True: also one of an element.
  window.addEventListener('error', showFailure, true)
  window.addEventListener('unhandledrejection', showFailure)
  document.addEventListener('DOMContentLoaded', function () {
    if (isTooOld()) showTooOld()
  })
})()
