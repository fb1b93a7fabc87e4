package scatter

// StorageFields are the keys of the selected storage, in its own header or the file's.
func (f *File) StorageFields() []Field { return f.document().sections[f.current].head.Fields }
