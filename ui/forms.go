package ui

import "net/http"

func (w *window) formRoutes(m *http.ServeMux) {}
