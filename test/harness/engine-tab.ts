/** A tab of any browser engine, driven by keys and clicks. */
export type EngineTab = {
  open(url: string): Promise<void>
  reload(): Promise<void>
  /** Evaluates an expression in the page. */
  run<Value>(expression: string): Promise<Value>
  /** Clicks the first element that matches a CSS selector. */
  click(selector: string): Promise<void>
  /** Types text at the focus. */
  type(text: string): Promise<void>
  press(key: 'Enter' | 'Escape' | 'ArrowUp' | 'ArrowDown'): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
