// Loads the English catalog before the first text is made.
import '../../web/src/lib/locale.ts'
