import { configure } from '@testing-library/react'

// As with what is polled in the other tests: a second, the default, is too short on a busy machine.
configure({ asyncUtilTimeout: 20_000 })

/** What jsdom has none of: it lays nothing out. */
Element.prototype.scrollIntoView = () => {}
