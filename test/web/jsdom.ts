/** What jsdom has none of: it lays nothing out. */
Element.prototype.scrollIntoView = () => {}
