# Host and domain name.
.hostname = "mars" | .domainname = "example.org"
