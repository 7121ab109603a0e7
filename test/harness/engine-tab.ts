/** A tab of any browser engine, driven as a person does: by keys and clicks. */
export type EngineTab = {
  open(url: string): Promise<void>
  reload(): Promise<void>
  /** The value of an expression in the page. */
  run<Value>(expression: string): Promise<Value>
  /** Clicks the first element that a CSS selector finds. */
  click(selector: string): Promise<void>
  /** Writes with the keyboard, where the focus is. */
  type(text: string): Promise<void>
  press(key: 'Enter' | 'Escape' | 'ArrowUp' | 'ArrowDown'): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
