/** The JSON of a value: encoded once, where it is made, and passed on as text to every answer and frame. */
export type Json<Value> = string & { readonly encodes?: Value }

export function encode<Value>(value: Value): Json<Value> {
  return JSON.stringify(value)
}
