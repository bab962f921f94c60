module ichor.local/testtool

go 1.26.0
