import { configure } from '@testing-library/react'

// As in the other tests: the default of one second is too short on a busy machine.
configure({ asyncUtilTimeout: 20_000 })

/** Missing in jsdom, which has no layout. */
Element.prototype.scrollIntoView = () => {}
