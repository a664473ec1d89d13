package backup

import "time"

// Format numbers how the folder is laid out. A release reads its own and all
// earlier ones.
const Format = 1

// The names inside of the folder.
const (
	manifestName = "manifest.json"
	sumName      = "manifest.json.sha256" // as sha256sum writes it
	tablesFolder = "tables"
	tableSuffix  = ".ndjson"
	filesFolder  = "files"
	partial      = ".partial" // behind the name of a folder that is not finished
)

// Manifest says what a backup holds. It is written last.
type Manifest struct {
	Format  int       `json:"format"`
	Release string    `json:"release"` // of Subspace
	Began   time.Time `json:"began"`   // the data is from this moment or shortly after
	Ended   time.Time `json:"ended"`

	Database   string      `json:"database"` // the kind it came from
	Migrations []Migration `json:"migrations"`
	Tables     []Table     `json:"tables"`
	Findings   []Finding   `json:"findings,omitempty"` // promises that the database did not keep
	Files      []File      `json:"files"`
	LeftOut    []LeftOut   `json:"left_out"`
}

// Migration is a step of the schema that the tables are of.
type Migration struct {
	Version  int    `json:"version"`
	Name     string `json:"name"`
	Checksum string `json:"checksum"`
}

// Content is what the bytes of a file must be.
type Content struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Table is one table; its rows are in a file of its own.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Rows    int64    `json:"rows"`
	Content
}

// Finding is something that was not as it should be.
type Finding struct {
	Check string `json:"check"`
	Says  string `json:"says"`
}

// File is one file of the data folder.
type File struct {
	Name string `json:"name"` // from the data folder, with slashes
	Content
}

// LeftOut is what the data folder held besides, and why that is not here.
type LeftOut struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// AllRows returns how many rows all tables have together.
func (m Manifest) AllRows() (n int64) {
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

func sumLine(sum string) string { return sum + "  " + manifestName + "\n" }
