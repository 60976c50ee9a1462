// Answers of GJSON 1.14.1 (github.com/tidwall/gjson) to the paths of gjson.json, which this program writes anew:
//
//	go mod init golden && go get github.com/tidwall/gjson@v1.14.1
//	jq -c '{document, paths: [.answers[][0]]}' gjson.json | go run gjson.go > new.json
//
// Reads {"document": ..., "paths": [...]} and writes {"document": ..., "answers": [[path, value or absent], ...]}.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/tidwall/gjson"
)

func main() {
	var in struct {
		Document json.RawMessage
		Paths    []string
	}
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		panic(err)
	}
	fmt.Printf("{\n\"document\": %s,\n\"answers\": [\n", in.Document)
	for i, path := range in.Paths {
		quoted, _ := json.Marshal(path)
		answer := ""
		if found := gjson.GetBytes(in.Document, path); found.Exists() {
			answer = ", " + found.Raw
		}
		comma := ","
		if i == len(in.Paths)-1 {
			comma = ""
		}
		fmt.Printf("[%s%s]%s\n", quoted, answer, comma)
	}
	fmt.Println("]}")
}
