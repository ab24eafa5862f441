# Run the R lines of docs/loading.md, and write what they loaded as JSON.
# Arguments: address of the site, and the guide.
given <- commandArgs(trailingOnly = TRUE)
text <- paste(readLines(given[2], encoding = "UTF-8"), collapse = "\n")
program <- regmatches(text, regexpr("(?s)```r\n.*?\n```", text, perl = TRUE))
program <- gsub("```r\n|\n```", "", program)
eval(parse(text = gsub("http://127.0.0.1:8000", given[1], program, fixed = TRUE)))
columns <- c("version", "value", "lower", "countable", "in_at_least", "currency", "offset", "as_of")
cat(jsonlite::toJSON(list(
  donations = as.list(donations[columns]),
  parties = as.list(parties[c("code", "region", "iati_type")])
), na = "null", digits = NA))
