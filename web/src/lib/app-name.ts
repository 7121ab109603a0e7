/** Never translated. */
export const appName = 'Parley'
