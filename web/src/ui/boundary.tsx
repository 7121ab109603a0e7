import { Component, type ReactNode } from 'react'

type BoundaryProps = {
  /** Shown instead of the children once one of them has thrown; `retry` shows them again. */
  renderFallback: (error: unknown, retry: () => void) => ReactNode
  children: ReactNode
}

/** Keeps an exception in a part of the page from emptying the whole page. React reports it to the console. */
export class Boundary extends Component<BoundaryProps, { failed: { error: unknown } | null }> {
  override state: { failed: { error: unknown } | null } = { failed: null }

  static getDerivedStateFromError(error: unknown) {
    return { failed: { error } }
  }

  override render(): ReactNode {
    const { failed } = this.state
    if (!failed) return this.props.children
    return this.props.renderFallback(failed.error, () => this.setState({ failed: null }))
  }
}
