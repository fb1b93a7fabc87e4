package ui

import "net/http"

func (w *window) phoneRoutes(m *http.ServeMux) {}
