# A text file as a C string: awk -v name=NAME -f embed_text.awk FILE
BEGIN {
	printf "extern const char %s[];\n\nconst char %s[] =\n", name, name
}
{
	gsub(/["\\]/, "\\\\&")
	printf "\t\"%s\\n\"\n", $0
}
END {
	print "\t;"
}
