package compare

import "io"

const Generator = `<meta name="generator" content="mtkkit compare">`

func (r *Result) HTML(w io.Writer, tool string) error { return nil }
